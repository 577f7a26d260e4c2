# SPDX-License-Identifier: Apache-2.0
"""The site as each of the other tools would have it; each is run in a process of its own, with its own environment."""
