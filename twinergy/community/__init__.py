# SPDX-License-Identifier: Apache-2.0
"""The static twin: site, dwellings, devices, contracts and grid attachment, and the scenario files that describe them."""
