"""What somebody fills in to choose a password or a second factor, and the codes of what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from markupsafe import Markup

from app.core import onetime, passwords, tokens
from app.core.crypto import Unreadable
from app.domain.staff import Staff
from app.web.errors import OK, WRONG
from app.web.staff.gate import Guest

OPEN_FOR: Final = timedelta(hours=1)  # how long a shown key may be confirmed with its first code
CONTEXT: Final = "bode netwerk weerbaar bestuur weerbaarbestuur nieuwsbrief redactie newsletter".split()


@dataclass(slots=True)
class Wrong:
    """What is wrong with which field."""

    fields: dict[str, str] = field(default_factory=dict)

    def words(self) -> dict[str, Any]:
        """For the page: the faults, and the status that goes with them."""
        status = WRONG if self.fields else OK
        return {"wrong": self.fields, "error": next(iter(self.fields.values()), None), "status": status}


def password_faults(fields: dict[str, str], person: Staff, wrong: Wrong) -> None:
    """Look at a new password. It is typed once: password managers and pasting make twice a hindrance."""
    code = passwords.fault(
        fields.get("new", ""), [*CONTEXT, *person.name.lower().split(), person.name.lower()]
    )
    if code is not None:
        wrong.fields["new"] = code


def fresh_factor(visit: Guest, person: Staff) -> dict[str, Any]:
    """A new key for an app: drawn, as text, and sealed until its first code proves that it arrived."""
    return _shown(visit, person, onetime.new_secret())


def _shown(visit: Guest, person: Staff, secret: str) -> dict[str, Any]:
    sealed = {"k": secret, "s": person.id.hex, "i": visit.now.isoformat()}
    drawn = onetime.picture(secret, person.name)
    return {
        "picture": Markup(drawn),  # noqa: S704  (drawn by the library from our own key)
        "spaced": onetime.spaced(secret),
        "sealed": tokens.seal(visit.ring, "factor", sealed),
    }


def sent_factor(visit: Guest, person: Staff, fields: dict[str, str]) -> str | None:
    """The key that was shown to this person a moment ago; None for anything else."""
    try:
        sealed = tokens.unseal(visit.ring, "factor", fields.get("sealed", ""))
    except Unreadable:
        return None
    late = visit.now >= datetime.fromisoformat(str(sealed["i"])) + OPEN_FOR
    return None if late or sealed["s"] != person.id.hex else str(sealed["k"])


def same_factor(visit: Guest, person: Staff, secret: str | None) -> dict[str, Any]:
    """The same key once more, so that who mistyped need not scan again."""
    return _shown(visit, person, secret) if secret else fresh_factor(visit, person)
