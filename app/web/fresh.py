"""Answers that may be kept and must be asked about each time: what is taken away is gone at once.

A copy that is still the same costs a few octets (304); nothing is ever shown on the word of a cache alone.
"""

from __future__ import annotations

import hashlib
from typing import Final

from starlette.responses import Response

from app.web.deps import Visit

KEEP: Final = "public, no-cache"
SAME: Final = 304
MARK: Final = 32  # hexadecimal characters: two versions of one page never share them


def fresh(visit: Visit, answer: Response) -> Response:
    """The answer with its mark, or only word that the copy somebody has is still the same."""
    mark = f'"{hashlib.sha256(answer.body).hexdigest()[:MARK]}"'
    headers = {"Cache-Control": KEEP, "ETag": mark}
    asked = visit.request.headers.get("if-none-match", "").split(",")
    if mark in {each.strip().removeprefix("W/") for each in asked}:  # a proxy that packs makes it weak
        return Response(status_code=SAME, headers=headers)
    answer.headers.update(headers)
    return answer
