"""The rooms where an issue is written, looked at and followed; `steps` has the way from one to the next."""

from __future__ import annotations

from app.web.staff.issue import (
    approving,
    checking,
    gallery,
    mail,
    overview,
    planning,
    preview,
    progress,
    seeing,
    versions,
    write,
)

# What is more precise comes first.
ROOMS = (write, versions, gallery, preview, overview, checking, seeing, approving, mail, planning, progress)
