# SPDX-License-Identifier: Apache-2.0
"""The physical world, one folder per kind of device."""
