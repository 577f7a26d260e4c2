# SPDX-License-Identifier: Apache-2.0
"""From a request, a year of a community and a catalogue to the blocks of a plan, one file per sort of thing."""
