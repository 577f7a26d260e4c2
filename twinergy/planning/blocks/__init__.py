# SPDX-License-Identifier: Apache-2.0
"""The blocks a plan is made of, one file each; a block says what it adds to a `twinergy.planning.draft.Draft`."""
