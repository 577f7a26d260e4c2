# SPDX-License-Identifier: Apache-2.0
"""What all reports share: how figures look, the map of a network, the page they stand on."""
