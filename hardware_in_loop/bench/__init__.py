# SPDX-License-Identifier: Apache-2.0
"""Physics behind software devices of any protocol: tables with a simple battery law, and recordings."""
