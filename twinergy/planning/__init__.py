# SPDX-License-Identifier: Apache-2.0
"""Planning: what to build, what it costs and emits, whether the network carries it; blocks in Pyomo, solved by HiGHS."""
