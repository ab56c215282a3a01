"""The rooms for data breaches: the list, the facts of one, its steps, and the notice to the people."""

from __future__ import annotations

from app.web.staff.breach import facts, notice, overview, sending, steps

ROOMS = (overview, facts, steps, notice, sending)
