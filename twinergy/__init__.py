# SPDX-License-Identifier: Apache-2.0
"""The laboratory itself: vocabulary and machinery, knows no plug-in by name."""

__version__ = "0.1.0"
