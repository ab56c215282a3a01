"""The lines above a letter: who sends it, what it is about, and how to stop it.

A header is where a stray line break becomes a forged line, so everything that goes in is checked
here, and no refusal repeats the text that was refused. Encoded words (RFC 2047) stand only in the
subject and in the sender's name: inside a link they would hide the button with which a mail
program lets a reader stop.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable, Iterable

LINE_MOST = 78  # RFC 5322: what a line should have at most, where it can be folded
WORD_MOST = 75  # RFC 2047: what one encoded word may have at most
SUBJECT_MOST = 150
NAME_MOST = 100  # longer names are cut off in every mailbox
VALUE_MOST = 900  # a line may have 998 octets (RFC 5322), and this leaves room for its name and a gap

NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}", re.ASCII)
BREAKS = re.compile(r"(?<=,) | (?=<)")  # between two links, and between a list's title and its name
MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII)
PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*", re.ASCII)
# What may stand as itself in an encoded word, also in a sender's name (RFC 2047, section 5, rule
# 3).
AS_ITSELF = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")

# Headers that the letter makes itself, that a relay makes, or that would name another recipient.
RESERVED = frozenset(
    (
        "from", "to", "cc", "bcc", "subject", "date", "message-id", "reply-to", "sender", "mime-version",
        "return-path", "received", "dkim-signature",
    )
)  # fmt: skip


class BadHeader(ValueError):
    """A header cannot be made from this; the message names the header, never what was in it."""


def subject(text: str) -> bytes:
    _refuse_unseen("Subject", text, SUBJECT_MOST)
    if not text.strip():
        raise BadHeader("the header Subject is empty")
    return _line("Subject", _unstructured("Subject", text))


def sender(name: str, mailbox: str) -> bytes:
    _refuse_unseen("From", name, NAME_MOST)
    address = f"<{_mailbox('From', mailbox)}>"
    return _line("From", [*_phrase("From", name), address] if name.strip() else [address])


def reply_to(mailbox: str) -> bytes:
    return _line("Reply-To", [_mailbox("Reply-To", mailbox)])


def further(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Further headers, each once, whose values are plain ASCII and will be sent as they are."""
    taken: set[str] = set()
    checked = []
    for name, value in pairs:
        if not NAME.fullmatch(name) or name.lower() in RESERVED or name.lower().startswith("content-"):
            raise BadHeader("a header with this name cannot be added")
        if name.lower() in taken:
            raise BadHeader(f"the header {name} is given twice")
        taken.add(name.lower())
        checked.append((name, _plain_value(name, value)))
    return checked


def one_click(leave_url: str) -> tuple[tuple[str, str], ...]:
    """The button to stop in the mail program itself (RFC 2369, RFC 8058); only in newsletters."""
    return (
        ("List-Unsubscribe", f"<{leave_url}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def list_id(title: str, name: str) -> tuple[str, str]:
    """A newsletter's fixed name (RFC 2919): its title without accents, and a name in our domain."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii")
    phrase = re.sub(r"[^\w .,&'-]", "", plain, flags=re.ASCII).strip()
    return "List-Id", f'"{phrase}" <{name}>' if phrase else f"<{name}>"


# What a machine wrote must not be answered by a machine (RFC 3834, and what Exchange reads).
AUTOMATIC = (("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"))
# A newsletter asks to be left alone by out-of-office answers.
BULK = (("Precedence", "bulk"), ("X-Auto-Response-Suppress", "OOF, AutoReply"))


def fold(name: str, value: str) -> str:
    """The header's lines; broken only after a comma or before a `<`, so a link is never split."""
    return _line(name, BREAKS.split(value)).decode("ascii")


def _line(name: str, tokens: list[str]) -> bytes:
    lines = [f"{name}: {tokens[0]}"]
    for token in tokens[1:]:
        if len(lines[-1]) + 1 + len(token) <= LINE_MOST:
            lines[-1] += f" {token}"
        else:
            lines.append(f" {token}")
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _plain_value(name: str, value: str) -> str:
    _refuse_unseen(name, value, VALUE_MOST)
    if not value.isascii() or "=?" in value or not value.strip() or value != value.strip():
        raise BadHeader(f"the header {name} must be plain ASCII")
    return value


def _mailbox(name: str, mailbox: str) -> str:
    if not MAILBOX.fullmatch(mailbox) or "=?" in mailbox:
        raise BadHeader(f"the header {name} needs one plain mailbox")
    return mailbox


def _refuse_unseen(name: str, text: str, most: int) -> None:
    if len(text) > most:
        raise BadHeader(f"the header {name} is longer than {most} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise BadHeader(f"the header {name} holds a line break or an invisible character")


def _unstructured(name: str, text: str) -> list[str]:
    """Plain words where that is exact, else encoded words."""
    words = text.split(" ")
    exact = text.isascii() and "=?" not in text and all(words)
    return words if exact and len(max(words, key=len)) <= WORD_MOST else _encoded(name, text)


def _phrase(name: str, text: str) -> list[str]:
    if not text.isascii() or "=?" in text:
        return _encoded(name, text)
    words = text.split(" ")
    if not PLAIN.fullmatch(text) or not all(words):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        words = [f'"{escaped}"']
    return words if len(max(words, key=len)) <= WORD_MOST else _encoded(name, text)


def _encoded(name: str, text: str) -> list[str]:
    """Encoded words that split no character, in the encoding that makes them shortest."""
    room = WORD_MOST - len("=?utf-8?q??=")
    first = room - max(0, len(f"{name}: ") - (LINE_MOST - WORD_MOST))
    quoted, base = (_words(text, encode, mark, first, room) for encode, mark in ((_q, "q"), (_b, "b")))
    return min(quoted, base, key=lambda words: sum(map(len, words)))


def _words(text: str, encode: Callable[[str], str], mark: str, first: int, room: int) -> list[str]:
    chunks = [""]
    for character in text:
        most = first if len(chunks) == 1 else room
        if len(encode(chunks[-1] + character)) > most:
            chunks.append("")
        chunks[-1] += character
    return [f"=?utf-8?{mark}?{encode(chunk)}?=" for chunk in chunks]


def _q(text: str) -> str:
    return "".join(
        chr(octet) if octet in AS_ITSELF else "_" if octet == ord(" ") else f"={octet:02X}"
        for octet in text.encode("utf-8")
    )


def _b(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
