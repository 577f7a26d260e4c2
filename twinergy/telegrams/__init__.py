# SPDX-License-Identifier: Apache-2.0
"""What the kinds that observe have in common: where they look, how they read, and how their telegrams travel.

A telegram is an array of shape ``(n_rows, n_devices)``: rows of values, for some kinds a row that says whether they are valid,
and last their age. What stands at the end of a step is the latest telegram that was due, or silence where that one was lost.
"""
