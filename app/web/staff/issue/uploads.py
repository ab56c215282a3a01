"""Picture files that came with the form: each is cleaned, or told at its field why it cannot be used."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile

from app.core.pictures import FILE_MOST, BadPicture, Cleaned, clean
from app.domain.issue import Issue
from app.domain.problem import Problem
from app.domain.typed import Typed
from app.features.compose import pictures
from app.web.staff.gate import Inside
from app.web.staff.rooms import ISSUES

AT_ONCE: Final = asyncio.Semaphore(1)  # a photograph unpacks into some 160 MB


@dataclass(slots=True)
class Received:
    """The files by the number of their block, and what is wrong with the others, by field."""

    files: dict[int, tuple[str, Cleaned]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)


async def receive(visit: Inside, written: Typed) -> Received:
    """Read and clean what was sent for the picture blocks of this text."""
    found, sent = Received(), await visit.files()
    for number, piece in enumerate(written.pieces):
        file = sent.get(f"b{number}-file")
        if piece.kind == "picture" and file is not None and file.filename:
            try:
                found.files[number] = (file.filename, await _cleaned(file))
            except BadPicture as bad:
                most = {"most": FILE_MOST // 1_000_000}
                found.wrong[f"b{number}-image"] = Problem(f"picture_{bad.code}", values=most).say(visit.say)
    await visit.close()  # large files lie in temporary ones
    return found


async def _cleaned(file: UploadFile) -> Cleaned:
    content = await file.read(FILE_MOST + 1)
    async with AT_ONCE:
        return await asyncio.to_thread(clean, content)


async def keep(db: AsyncSession, issue: Issue, written: Typed, received: Received, **who: Any) -> Typed:
    """The same text, with the pictures that came along in their blocks."""
    for number, (file, cleaned) in received.files.items():
        written = written.shows(number, await pictures.keep(db, issue, file, cleaned, **who))
    return written


def address(issue_id: UUID, name: str) -> str:
    """Where a browser gets the picture."""
    return f"{ISSUES}/{issue_id}/pictures/{name}"
