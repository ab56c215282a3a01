"""A mail as it would go to nobody: to look at, to test, and to keep as a record."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Final

from app.mail.compiled import Compiled, Gap

# What stands in the gaps belongs to nobody: the link to leave in it opens nothing.
NOBODY: Final = {
    Gap.TO: b"reader@example.org",
    Gap.MESSAGE_ID: b"<example@example.org>",
    Gap.LEAVE: b"example",
}


def specimen(compiled: Compiled, at: datetime) -> bytes:
    """The whole mail, dated at that moment."""
    values = {**NOBODY, Gap.DATE: format_datetime(at.replace(microsecond=0)).encode()}
    return b"".join(compiled.fill(values))
