# SPDX-License-Identifier: Apache-2.0
"""How fast real devices are read and commanded, over loopback and against raw sockets measured in the same run."""
