# SPDX-License-Identifier: Apache-2.0
"""The data of runs over HTTP: read only, with tokens, for grid operators, other modules and households.

`twinergy.serve.app.create_app` makes the application, `twinergy.serve.server.serve` listens.
"""
