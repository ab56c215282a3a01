"""One letter as tests compile it: markers for its gaps, values for a reader, and what becomes of both."""

from __future__ import annotations

from email import message_from_bytes, policy

from app.mail import headers
from app.mail.compile import Gap, Letter, compile_letter

MARKERS = {
    Gap.TO: "toXq7PmT2vK9bLw4Zs",
    Gap.MESSAGE_ID: "idHn3RcY8dFg5JtQ6x",
    Gap.DATE: "daVz1MkB4sWp7UeN0r",
    Gap.LEAVE: "leGj9TfC2hXy6LoD3a",
}

VALUES = {
    Gap.TO: b"dana@voorbeeld.example",
    Gap.MESSAGE_ID: b"<0f8c2d.1@nieuwsbrief.example>",
    Gap.DATE: b"Tue, 1 Dec 2026 10:00:00 +0100",
    Gap.LEAVE: b"-" + b"Zz09_-" * 9 + b"_",
}

LEAVE_URL = f"https://nieuwsbrief.example/afmelden/{MARKERS[Gap.LEAVE]}"

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3


def letter(**changes):
    fields = {
        "subject": "Samen staan we sterker",
        "sender_name": "Netwerk Weerbaar Bestuur",
        "sender": "nieuwsbrief@nieuwsbrief.example",
        "text": f"Beste lezer,\n\nAfmelden: {LEAVE_URL}\n",
        "html": f'<p>Beste lezer</p><p><a href="{LEAVE_URL}">Afmelden</a></p>',
        "reply_to": "redactie@nieuwsbrief.example",
        "headers": (
            *headers.one_click(LEAVE_URL),
            headers.list_id("Weerbaar Bestuur", "wb.nieuwsbrief.example"),
        ),
    }
    return Letter(**{**fields, **changes})


def compiled(**changes):
    return compile_letter(letter(**changes), markers=MARKERS, boundary_seed=b"issue 12")


def filled(**changes):
    return b"".join(compiled(**changes).fill(VALUES))


def parsed(octets):
    return message_from_bytes(octets, policy=policy.default)


def with_values(text):
    for gap, marker in MARKERS.items():
        text = text.replace(marker, VALUES[gap].decode())
    return text
