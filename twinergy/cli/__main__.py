# SPDX-License-Identifier: Apache-2.0
"""``python -m twinergy.cli`` is ``twinergy``."""

from twinergy.cli import main

main()
