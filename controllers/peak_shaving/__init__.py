# SPDX-License-Identifier: Apache-2.0
"""Peak shaving: a storage keeps a transformer under a limit."""

from controllers.peak_shaving.agent import PeakShaving

__all__ = ["PeakShaving"]
