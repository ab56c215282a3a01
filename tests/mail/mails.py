"""Every mail the service can send, with what its template needs, for tests to read, compare and look at.

`python -m tests.mail.mails` writes the snapshots anew after a change that was meant.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.manuscript import read
from app.mail.rendering import Rendered, render

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "docs" / "sample" / "weerbaar-bestuur.md"
PICTURE = SAMPLE.with_name("raadzaal.png")
SNAPSHOTS = ROOT / "tests" / "snapshots" / "mail"

BASE = "https://nieuwsbrief.example"
TOKEN = "T0ken-" * 9 + "_9"
SLOT = datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("Europe/Amsterdam"))
NEWSLETTER = SimpleNamespace(
    title="Nieuwsbrief Weerbaar Bestuur",
    sender_name="Netwerk Weerbaar Bestuur",
    postal_address="Postbus 1\n1000 AA Den Haag",
    slug="weerbaar-bestuur",
)
READER = {"newsletter": NEWSLETTER, "privacy_url": f"{BASE}/nl/weerbaar-bestuur/privacy"}
STAFF = {"newsletter": NEWSLETTER}

CONTEXTS: dict[str, dict[str, Any]] = {
    "issue": {
        **READER,
        "content": read(SAMPLE.read_bytes()).content,
        "number": 12,
        "leave_url": f"{BASE}/afmelden/{TOKEN}",
        "mydata_url": f"{BASE}/nl/weerbaar-bestuur/mijn-gegevens",
        "images": {"raadzaal.png": ("raadzaal@nieuwsbrief.example", 1152, 480)},
    },
    "confirm": {
        **READER,
        "confirm_url": f"{BASE}/bevestigen/{TOKEN}",
        "notme_url": f"{BASE}/niet-ik/{TOKEN}",
        "valid_days": 7,
    },
    "already": {**READER, "mydata_url": f"{BASE}/gegevens/{TOKEN}", "valid_hours": 4},
    "mydata": {**READER, "mydata_url": f"{BASE}/gegevens/{TOKEN}", "valid_hours": 4},
    "address": {**READER, "address_url": f"{BASE}/adres/{TOKEN}", "valid_hours": 24},
    "moved": READER,
    "reminder": {**STAFF, "days": 7, "slot": SLOT},
    "missed": {**STAFF, "slot": SLOT},
    "paused": {
        **STAFF,
        "subject": "Samen staan we sterker",
        "reason": "De mailserver weigerde de aanmelding.",
        "issue_id": "3f0c5c1e-7d1a-4f43-9d0c-0d6c1f6f0a11",
    },
    "breakglass": {**STAFF, "act": "send", "number": 12, "who": "cli:dana"},
    "access": {
        **STAFF,
        "purpose": "invited",
        "who": "dana",
        "access_url": f"{BASE}/toegang/{TOKEN}",
        "valid_hours": 168,
    },
    "account": {**STAFF, "what": "attempts", "count": 20},
    "held": {**STAFF, "subjects": ["Samen staan we sterker", "Extra editie"], "why": "restored"},
}
LANGUAGES = ("nl", "en")
ALL = [(name, language) for name in CONTEXTS for language in LANGUAGES]


def mail(name: str, language: str, **changes: Any) -> Rendered:
    return render(name, language, **{**CONTEXTS[name], **changes})


def snapshots() -> dict[Path, str]:
    """What the files under `tests/snapshots/mail` must say."""
    files = {}
    for name, language in ALL:
        rendered = mail(name, language)
        files[SNAPSHOTS / f"{name}.{language}.txt"] = f"{rendered.subject}\n\n{rendered.text}"
        files[SNAPSHOTS / f"{name}.{language}.html"] = rendered.html + "\n"
    return files


if __name__ == "__main__":  # pragma: no cover
    SNAPSHOTS.mkdir(parents=True, exist_ok=True)
    for path, text in snapshots().items():
        path.write_text(text)
