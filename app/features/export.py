"""An issue for the records office: what it said, the mail as it was approved, its pictures and its facts.

Nothing of a reader is in it: the mail in it goes to nobody, and of readers there are only totals.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import datetime
from io import BytesIO
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import audit, edition, withheld
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.issue import Issue
from app.domain.newsletter import Newsletter
from app.mail.compiled import Compiled
from app.mail.specimen import specimen

FORM: Final = "bode-issue 1"
FACTS: Final = "facts.json"
# Whoever has the file can make the hash of the approval again and compare it with the trail's.
HOW: Final = (
    "approved_hash is the SHA-256 over, for each language in the order of its code: the code, the length of "
    "mail/<code>.approved as 8 bytes (big-endian), and its bytes"
)
MOMENTS: Final = ("approved_at", "started_at", "closed_at", "published_at")
TOTALS: Final = ("audience", "accepted", "refused", "left", "given_up", "in_doubt")


async def export(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> bytes:
    """The files of the issue in one (zip); that it was taken along is on record."""
    files = await _files(session, issue)
    facts = await _facts(session, issue)
    facts["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    await audit.record(session, actor, Event.ISSUE_EXPORTED, about=f"issue {issue.id}", now=now)
    return _packed({FACTS: _json(facts), **files}, issue.published_at or now)


async def _files(session: AsyncSession, issue: Issue) -> dict[str, bytes]:
    sent_at = issue.started_at or issue.created_at
    found = {}
    for language, typed in (await edition.typed(session, issue.id)).items():
        found[f"content/{language}.json"] = _json(typed.stored())
    for language, compiled in (await issues.frozen(session, issue.id)).items():
        found[f"mail/{language}.approved"] = compiled
        found[f"mail/{language}.eml"] = specimen(Compiled.from_bytes(compiled), sent_at)
    for image in await issues.images(session, issue.id):
        found[f"pictures/{image.name}"] = image.content
    return found


async def _facts(session: AsyncSession, issue: Issue) -> dict[str, Any]:
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    corrected = await session.get(Issue, issue.corrects_id) if issue.corrects_id else None
    gone = await withheld.of(session, issue.id)
    return {
        "form": FORM,
        "newsletter": {"name": letter.slug, "title": letter.title, "sender": letter.sender_name},
        "number": issue.number,
        "subjects": (await edition.subjects(session, issue.id))[issue.id],
        "month": issue.period,
        **{name: _moment(getattr(issue, name)) for name in MOMENTS},
        "corrects": corrected.number if corrected else None,
        "readers": {name: getattr(issue, name) for name in TOTALS},
        "taken_away": [
            {"place": row.place, "reason": row.reason, "at": _moment(row.taken_at)} for row in gone.values()
        ],
        "approved_hash": issue.digest,
        "how": HOW,
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def _packed(files: dict[str, bytes], at: datetime) -> bytes:
    """The same issue gives the same file: what is inside is dated by when it became public."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, at.timetuple()[:6])
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
