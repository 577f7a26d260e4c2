# SPDX-License-Identifier: Apache-2.0
"""One module per information object; `twinergy.messages.register` finds them."""
