"""What is shared by all copies of an issue, read once when it begins and kept while it goes out."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Refused
from app.core.patience import Patience
from app.domain import halt, newsletter
from app.domain import issue as issues
from app.domain.issue import Issue
from app.domain.newsletter import Newsletter
from app.features.send.letter import Run
from app.mail.compile import BadStore, BadValue, Compiled, Gap
from app.mail.dkim import Signer
from app.mail.plate import Plate, make
from app.mail.smtp import BadEnvelope

BOUNCES = "bounce"  # before the plus: RFC 5321 leaves 64 octets for it, the plus and the 32 of a number
# What no try of ours can mend; others that go out meanwhile are not to stop for it.
UNFIT = (Refused, BadStore, BadValue, BadEnvelope)
ALTERED = "the stored bytes are not the approved ones"


class Runs:
    """The issues that are going out now."""

    def __init__(self, patience: Patience, hostname: str, signer: Signer | None, bounce_domain: str) -> None:
        self._patience = patience
        self._hostname = hostname
        self._signer = signer
        self._bounces = f"{BOUNCES}@{bounce_domain}" if bounce_domain else ""
        self._known: dict[UUID, Run] = {}
        self.unfit: dict[UUID, str] = {}  # what must not go out as it is, and why

    @property
    def active(self) -> list[Run]:
        """Which those are."""
        return list(self._known.values())

    async def refresh(self, session: AsyncSession, sending: list[Issue]) -> list[Run]:
        """Forget what has stopped, read what has begun; the approved bytes must match their hash."""
        since = {issue.id: issue.going_since for issue in sending}
        self._known = {key: run for key, run in self._known.items() if since.get(key) == run.since}
        for issue in sending:
            if issue.id not in self._known and (run := await self._read(session, issue)):
                self._known[issue.id] = run
        await self._keep_pace(session)
        return list(self._known.values())

    async def _keep_pace(self, session: AsyncSession) -> None:
        """Who slows a newsletter down means the issue that is going out as well."""
        paces = await newsletter.paces(session) if self._known else {}
        for run in self._known.values():
            run.pace = paces[run.newsletter_id]

    async def _read(self, session: AsyncSession, issue: Issue) -> Run | None:
        frozen = await issues.frozen(session, issue.id)
        if not frozen or issues.digest(frozen) != issue.digest:
            self.unfit[issue.id] = ALTERED
            return None
        if issue.started_at is None:
            self.unfit[issue.id] = "it goes out and never began"
            return None
        try:
            plates = self._plates(frozen, issue.started_at)
        except UNFIT as trouble:
            self.unfit[issue.id] = halt.unfit(str(trouble))
            return None
        letter = await session.get_one(Newsletter, issue.newsletter_id)
        assert issue.key_id is not None
        return Run(
            issue_id=issue.id,
            newsletter_id=letter.id,
            plates=plates,
            main_language=letter.language,
            key_id=issue.key_id,
            sender=self._bounces or letter.sender_address,
            own_paths=bool(self._bounces),
            hostname=self._hostname,
            pace=letter.pace,
            started_at=issue.started_at,
            since=issue.going_since or issue.started_at,
            patience=self._patience,
        )

    def _plates(self, frozen: dict[str, bytes], started_at: datetime) -> dict[str, Plate]:
        """The Date is when the issue began, so that it is the same for everyone and at every try."""
        date = {Gap.DATE: format_datetime(started_at.replace(microsecond=0)).encode()}
        return {
            language: make(Compiled.from_bytes(stored), date, self._signer)
            for language, stored in frozen.items()
        }
