# SPDX-License-Identifier: Apache-2.0
"""The charging point side of OCPP 1.6J, 2.0.1 and 2.1: software stations that show a physics to a central system."""
