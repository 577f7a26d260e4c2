# SPDX-License-Identifier: Apache-2.0
"""SunSpec: what its models hold, and finding them in a device."""
