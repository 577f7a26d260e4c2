# SPDX-License-Identifier: Apache-2.0
"""The command line. Heavy packages are imported by the command that needs them, so that ``--help`` answers at once."""

from twinergy.cli.app import main

__all__ = ["main"]
