"""What the test mail server has taken in: every copy of every letter, counted per recipient."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass
class Copy:
    message_id: str
    sha256: str
    letter: bytes  # empty unless the server keeps letters


@dataclass
class Received:
    keep: bool = False
    recipients: dict[str, list[Copy]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)
    """connections, letters, empty (a lone dot after 354), unfinished (a letter without its end), early
    (commands that came before the reply to the one before), dropped (connections, at the final dot)."""

    commands: list[str] = field(default_factory=list)  # only if the server keeps letters

    def letter(self, recipients: list[str], letter: bytes) -> None:
        self.counts["letters" if letter else "empty"] += 1
        found = MESSAGE_ID.search(letter, 0, letter.find(b"\r\n\r\n") + 2)
        copy = Copy(
            found.group(1).decode() if found else "",
            hashlib.sha256(letter).hexdigest(),
            letter if self.keep else b"",
        )
        for recipient in recipients:
            self.recipients[recipient].append(copy)

    def report(self) -> dict[str, Any]:
        return {
            "counts": dict(self.counts),
            "recipients": {
                recipient: {
                    "copies": len(copies),
                    "message_ids": [copy.message_id for copy in copies],
                    "sha256": [copy.sha256 for copy in copies],
                }
                for recipient, copies in self.recipients.items()
            },
        }
