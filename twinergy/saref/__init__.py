# SPDX-License-Identifier: Apache-2.0
"""Messages of the SAREF data model to and from JSON-LD, and the shapes they must have."""

from twinergy.saref.forms import FORMS
from twinergy.saref.reading import from_saref
from twinergy.saref.shapes import violations
from twinergy.saref.writing import to_saref

__all__ = ["FORMS", "from_saref", "to_saref", "violations"]
