"""The privacy officers' rooms: the list of requests, a new one, the file of one, and the look-up."""

from __future__ import annotations

from app.web.staff.request import entry, letter, overview, search, steps

ROOMS = (overview, entry, steps, letter, search)
