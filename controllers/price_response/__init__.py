# SPDX-License-Identifier: Apache-2.0
"""Price response: home batteries charge when power is cheap and keep their energy for when it is dear."""

from controllers.price_response.agent import PriceResponse

__all__ = ["PriceResponse"]
