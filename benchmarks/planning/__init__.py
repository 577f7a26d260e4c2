# SPDX-License-Identifier: Apache-2.0
"""What a plan costs in time and memory, beside other tools that solve the same problem."""
