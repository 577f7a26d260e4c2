# SPDX-License-Identifier: Apache-2.0
"""The central system: what stations say, and what is asked of them, in one vocabulary for OCPP 1.6, 2.0.1 and 2.1."""
