"""What this processing may do to people (a DPIA, GDPR Art. 35), filled in as far as the service knows it.

`sheet` describes and weighs it, in the order of the model that the Dutch government uses; `risks` says what
may happen to readers, and what whoever runs the machine can do. What only the organisation knows stays blank.
"""

from __future__ import annotations

from app.web.dpia.sheet import Part, Sheet, sheet

__all__ = ["Part", "Sheet", "sheet"]
