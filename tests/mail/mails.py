"""Every mail the service can send, with what its template needs, for tests to read, compare and look at.

`python -m tests.mail.mails` writes the snapshots anew after a change that was meant.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from app.domain import halt
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
    controller="Ministerie van Binnenlandse Zaken\nPostbus 20011\n2500 EA Den Haag",
    privacy_contact="privacy@weerbaarbestuur.example",
    slug="weerbaar-bestuur",
)
READER = {"newsletter": NEWSLETTER, "privacy_url": f"{BASE}/nl/weerbaar-bestuur/privacy"}
ASKED = {"number": "V-2026-123456", "kind": "access", "received_on": date(2026, 11, 16)}
STAFF = {"newsletter": NEWSLETTER}
ROOMS = {"staff_url": f"{BASE}/staff"}

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
    "identity": {**READER, **ASKED, "request_url": f"{BASE}/verzoek/{TOKEN}", "valid_days": 14},
    "extended": {**READER, **ASKED, "delay": "complex", "last_on": date(2027, 2, 16)},
    "answer": {
        **READER,
        **ASKED,
        "kind": "erasure",
        "outcome": "done",
        "link_url": f"{BASE}/bewijs/{TOKEN}",
        "valid_days": None,
        "backup_days": 35,
        "lift_url": f"{BASE}/blokkade/{TOKEN}",
        "overtaken": "V-2026-654321",
    },
    "unreached": {
        **STAFF,
        "number": "V-2026-123456",
        "what": "answer",
        "room_url": f"{BASE}/staff/requests/3f0c5c1e-7d1a-4f43-9d0c-0d6c1f6f0a11",
    },
    "term": {
        **STAFF,
        "number": "V-2026-123456",
        "left": 9,
        "ready": False,
        "last_on": date(2026, 12, 16),
        "room_url": f"{BASE}/staff/requests/3f0c5c1e-7d1a-4f43-9d0c-0d6c1f6f0a11",
    },
    "ready": {
        **STAFF,
        "slot": SLOT,
        "issue_url": f"{BASE}/staff/issues/3f0c5c1e-7d1a-4f43-9d0c-0d6c1f6f0a11",
        "copy": 3,
    },
    "breach": {
        **STAFF,
        "number": "D-2026-123456",
        "left": 24,
        "due_at": SLOT,
        "room_url": f"{BASE}/staff/breaches/3f0c5c1e-7d1a-4f43-9d0c-0d6c1f6f0a11",
    },
    "reminder": {**STAFF, "days": 7, "slot": SLOT},
    "alone": {**STAFF, "slot": SLOT},
    "missed": {**STAFF, "slot": SLOT},
    "paused": {
        **STAFF,
        **ROOMS,
        "subject": "Samen staan we sterker",
        "halt": halt.read("535 5.7.8 at auth"),
        "issue_id": "3f0c5c1e-7d1a-4f43-9d0c-0d6c1f6f0a11",
    },
    "missing": {
        **STAFF,
        **ROOMS,
        "subject": "Samen staan we sterker",
        "given_up": 37,
        "breach": False,
        "audience": 4120,
        "issue_id": "3f0c5c1e-7d1a-4f43-9d0c-0d6c1f6f0a11",
    },
    "handover": {
        **STAFF,
        "kind": "writing",
        "who": "dana",
        "things": [
            ["12 Samen staan we sterker", f"{BASE}/staff/issues/3f0c5c1e-7d1a-4f43-9d0c-0d6c1f6f0a11"]
        ],
    },
    "breakglass": {**STAFF, "act": "send", "number": 12, "who": "cli:dana"},
    "access": {
        **STAFF,
        "purpose": "invited",
        "who": "dana",
        "access_url": f"{BASE}/toegang/{TOKEN}",
        "valid_hours": 168,
    },
    "review": {
        **STAFF,
        "what": "returned",
        "approver": "emre",
        "subject": "Samen staan we sterker",
        "remark": "Het derde blok is te lang.\nEn de foto mist een naam.",
        "issue_url": f"{BASE}/staff/issues/3f0c5c1e-7d1a-4f43-9d0c-0d6c1f6f0a11/approve",
    },
    "account": {**STAFF, "what": "attempts", "count": 20},
    "restored": {**STAFF, **ROOMS, "restored_on": date(2026, 11, 16)},
    "reopened": {**STAFF, **ROOMS, "restored_on": date(2026, 11, 16)},
    "broken": {**STAFF, **ROOMS, "trail": True, "ledger": True},
    "unchecked": {**STAFF, "keys": ["0b1f5c2e", "9d0c6f6f"], "litter": True, "absent": True},
    "held": {**STAFF, **ROOMS, "subjects": ["Samen staan we sterker", "Extra editie"], "why": "restored"},
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
