# SPDX-License-Identifier: Apache-2.0
"""The door: ``python run_scenario.py hagedorn`` is ``twinergy run hagedorn``."""

import sys

from twinergy.cli import main

if __name__ == "__main__":
    main(["run", *sys.argv[1:]])
