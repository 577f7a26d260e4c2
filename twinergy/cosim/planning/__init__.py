# SPDX-License-Identifier: Apache-2.0
"""What a plan needs of the co-simulation: the year it starts from, and what a run says of it afterwards."""
