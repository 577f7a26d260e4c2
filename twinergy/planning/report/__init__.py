# SPDX-License-Identifier: Apache-2.0
"""What a planner sees of a plan: a page for people, and figures for notebooks."""

from twinergy.planning.report.page import write_report
from twinergy.planning.report.verification import write_verification

__all__ = ["write_report", "write_verification"]
