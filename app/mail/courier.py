"""Which way mail goes: to the relays in production, and otherwise to the local mailbox.

Outside production only the addresses on the allow-list are ever mailed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from app.core.errors import Refused
from app.core.settings import Settings
from app.mail.dialer import BACK_AFTER, Dial, Dialer, dialing
from app.mail.mailbox import GuardedLine, Mailbox
from app.mail.smtp import BadRelay, Line, Relay, Timeouts

LOCAL = "smtp://127.0.0.1:25"  # a name for the local mailbox; nothing is dialled


@dataclass(frozen=True, slots=True)
class Courier:
    """Makes dialers; each user of mail has one of its own."""

    settings: Settings
    mailbox: Mailbox
    back_after: float = BACK_AFTER

    def dialer(self) -> Dialer:
        """A new way out; raises Refused when BODE_SMTP_URL cannot be used."""
        try:
            relays = Relay.parse_all(self.settings.smtp_url or LOCAL, production=self.settings.production)
        except BadRelay as trouble:
            raise Refused(f"BODE_SMTP_URL: {trouble}") from None
        real = dialing(self._timeouts(), self.settings.mail_host)
        if self.settings.production:
            return Dialer(relays, real, back_after=self.back_after)
        return Dialer(relays, self._guarded(real), back_after=self.back_after)

    def _timeouts(self) -> Timeouts:
        seconds = self.settings.smtp_timeout_seconds
        if not seconds:
            return Timeouts()
        return Timeouts(**{each.name: seconds for each in fields(Timeouts)})

    def _guarded(self, real: Dial) -> Dial:
        allowed = frozenset(each.casefold() for each in self.settings.allowed_recipients)

        async def dial(relay: Relay) -> Line:
            async def through() -> Line:
                return await real(relay)

            way = through if self.settings.smtp_url else None
            return await GuardedLine(self.mailbox, allowed, way).prepare()

        return dial
