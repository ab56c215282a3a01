"""A mail as the next server got it, and the requirements that can be seen on it, row by row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from tests.cast import ALICE, BOB
from tests.journeys.service import read
from tests.mail.page import Page

SUBJECT = "Zó doet u aangifte na een bedreiging – en wie u daarbij helpt, óók in Súdwest-Fryslân en Fúgelsang"
BASE = "https://nieuwsbrief.netwerk-weerbaar-bestuur.example"  # so long that a careless writer folds the link
LONG = 120  # characters of List-Unsubscribe from which mail programs were seen to lose it
DUBOIS = "dubois@example.net"
PEOPLE = (ALICE, BOB, DUBOIS)
KINDS = ("plain", "html")
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version")
LISTS = (
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "List-Help",
    "List-Subscribe",
    "List-Archive",
    "List-Post",
)
STRUCTURED = (*LISTS, "Message-ID", "Feedback-ID", "To", "Content-Type")
UNSEEN = {"script", "form", "iframe", "object", "embed", "link", "svg", "base", "input"}
TOKEN = re.compile(rb"[A-Za-z0-9_-]{57}")
FOLDED, LONGEST, CLIPPED = 78, 998, 100_000  # octets: RFC 5322 twice, and what Gmail shows of a mail


@dataclass(frozen=True)
class Letter:
    """A mail as the next server got it, without the line that Postfix puts above it."""

    octets: bytes
    to: str

    @property
    def mail(self) -> EmailMessage:
        return read(self.octets)

    def part(self, kind: str) -> EmailMessage:
        found = self.mail.get_body((kind,))
        assert found is not None
        return found

    @property
    def text(self) -> str:
        return str(self.part("plain").get_content())

    @property
    def page(self) -> Page:
        return Page(str(self.part("html").get_content()))

    def lines(self) -> Iterator[bytes]:
        yield from self.octets.partition(b"\r\n\r\n")[0].split(b"\r\n")

    def values(self, name: str) -> list[str]:
        return [str(each) for each in self.mail.get_all(name, [])]

    def raw(self, name: str) -> bytes:
        found = re.search(rb"(?m)^%b: ?((?:[^\r]|\r\n[ \t])*)" % name.encode(), self.octets)
        return found[1] if found else b""


def _dated(letter: Letter) -> bool:
    return bool(re.search(r"[+-]\d{4}$", letter.values("Date")[0])) and bool(
        parsedate_to_datetime(letter.values("Date")[0])
    )


def _leave(letter: Letter) -> str:
    return letter.values("List-Unsubscribe")[0].strip("<>")


def _lines_end_well(letter: Letter) -> bool:
    lines = letter.octets.split(b"\r\n")
    return not any(set(line) & set(b"\r\n\0") or len(line) > LONGEST for line in lines)


def _foldable(line: bytes) -> bool:
    return b" " in line.strip().partition(b": ")[2]


EVERY_MAIL: dict[str, Callable[[Letter], bool]] = {
    "ML-01 once": lambda it: all(len(it.values(name)) == 1 for name in ONCE),
    "ML-01 date": _dated,
    "ML-01 domain": lambda it: it.values("Message-ID")[0].endswith(f"@{urlsplit(BASE).hostname}>"),
    "ML-02 to": lambda it: it.values("To") == [it.to],
    "ML-02 others": lambda it: not any(who.encode() in it.octets for who in PEOPLE if who != it.to),
    "ML-02 bcc": lambda it: not it.values("Bcc") + it.values("Cc"),
    "ML-03 lines": _lines_end_well,
    "ML-03 folding": lambda it: not [line for line in it.lines() if len(line) > FOLDED and _foldable(line)],
    "ML-04 parts": lambda it: (
        [each.get_content_type() for each in it.mail.walk()]
        == ["multipart/alternative", "text/plain", "text/html"]
    ),
    "ML-04 charset": lambda it: all(it.part(kind).get_content_charset() == "utf-8" for kind in KINDS),
    "ML-04 links": lambda it: all(address in it.text for address, _ in it.page.links),
    "ML-04 sender": lambda it: "Netwerk Weerbaar Bestuur" in it.text,
    "ML-05 encoding": lambda it: all(
        it.part(kind)["Content-Transfer-Encoding"] in {"quoted-printable", "base64"} for kind in KINDS
    ),
    "ML-05 seven bits": lambda it: it.octets.isascii(),
    "ML-06 plain": lambda it: not any(b"=?" in it.raw(name) for name in STRUCTURED),
    "ML-06 words": lambda it: all(len(word) <= 75 for word in re.findall(rb"=\?\S*\?=", it.octets)),
    "ML-09 size": lambda it: len(it.part("html").as_bytes()) <= CLIPPED,
    "ML-10 elements": lambda it: not UNSEEN & {tag for tag, _ in it.page.elements},
    "ML-10 handlers": lambda it: not any(key.startswith("on") for _, own in it.page.elements for key in own),
    "ML-10 links": lambda it: all(each.startswith(("https://", "mailto:")) for each, _ in it.page.links),
    "ML-11 pictures": lambda it: all(each["src"].startswith("cid:") for each in it.page.every("img")),
    "ML-13 subject": lambda it: not re.match(r"(?i)(re|fwd?):", it.values("Subject")[0]),
    "no defects": lambda it: not [each.defects for each in it.mail.walk() if each.defects],
}
NEWSLETTER: dict[str, Callable[[Letter], bool]] = {
    "the subject": lambda it: it.values("Subject") == [SUBJECT],
    "a dot at the start": lambda it: "\n.Een alinea" in it.text,
    "ML-04 leave": lambda it: _leave(it) in it.text,
    "ML-09 leave first": lambda it: _leave(it) in [address for address, _ in it.page.links][:2],
    "ML-12 bulk": lambda it: it.values("Precedence") == ["bulk"],
    "LH-01 one link": lambda it: bool(
        re.fullmatch(r"<https://[!-;=?-~]+>", it.values("List-Unsubscribe")[0])
    ),
    "LH-01 unfolded": lambda it: it.raw("List-Unsubscribe") == f"<{_leave(it)}>".encode(),
    "LH-01 long": lambda it: len(it.raw("List-Unsubscribe")) >= LONG,
    "LH-02 one click": lambda it: it.values("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"],
    "LH-08 opaque": lambda it: bool(TOKEN.fullmatch(_leave(it).rpartition("/")[2].encode())),
    "LH-10 seen": lambda it: any(address == _leave(it) and words.strip() for address, words in it.page.links),
    "LH-11 list": lambda it: (
        it.values("List-Id") == [f'"Weerbaar Bestuur" <weerbaar-bestuur.{urlsplit(BASE).hostname}>']
    ),
    "LH-12 once": lambda it: all(len(it.values(name)) == 1 for name in LISTS),
    "LH-13 feedback": lambda it: bool(
        re.fullmatch(r"\d+:[\w-]+:newsletter:\w{5,15}", it.values("Feedback-ID")[0])
    ),
    "LH-14 no mailto": lambda it: b"mailto:" not in it.raw("List-Unsubscribe"),
}
SERVICE: dict[str, Callable[[Letter], bool]] = {
    "ML-12 automatic": lambda it: it.values("Auto-Submitted") == ["auto-generated"],
    "LH-15 no one click": lambda it: not any(it.values(name) for name in LISTS[:2]),
    "LH-15 not me": lambda it: "/niet-ik/" in it.text,
}


def wrong(rows: dict[str, Callable[[Letter], bool]], letter: Letter) -> list[str]:
    """The requirements that a mail does not meet."""
    return [name for name, holds in rows.items() if not holds(letter)]
