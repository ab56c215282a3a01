"""What a text in a newsletter may hold: ordinary characters, safe links, and link texts that mean something.

These are the checked kinds of text that the blocks of an issue are made of.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from markdown_it.tree import SyntaxTreeNode
from pydantic import AfterValidator, BeforeValidator, StringConstraints

from app.core import commonmark
from app.domain.problem import refusal

# A subject line longer than this is cut off everywhere, and half of it on a telephone.
SUBJECT_MOST = 150
# Mail programs show at most about this much of the text beside the subject.
PREHEADER_MOST = 200
# A heading or a link text that takes more than three lines on a telephone is not read.
PHRASE_MOST = 200
# A screen reader reads a description in one go; a longer story belongs in the text.
ALT_MOST = 300
# Two screens on a telephone; what is longer belongs on a page, with a link to it.
MARKDOWN_MOST = 8_000
# Browsers and mail programs handle links up to this length.
LINK_MOST = 2_000

# Characters that turn the direction of text around them can make a link or a name read as another
# (Unicode TR 36).
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Controls, line and paragraph separators, and halves of characters.
UNSEEN = frozenset(("Cc", "Zl", "Zp", "Cs"))

# Link texts that say nothing when a screen reader lists the links of a mail (WCAG 2.4.4).
VAGUE = frozenset(
    (
        "hier", "klik", "klik hier", "lees meer", "lees verder", "meer", "meer informatie", "meer lezen",
        "link", "deze link", "via deze link", "website",
        "here", "click", "click here", "read more", "read on", "more", "more information", "this link",
    )
)  # fmt: skip

# What means something elsewhere and is shown as it stands here: a tag of HTML, a link that was not
# understood, words struck through, and the line under the head of a table.
BARE = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>|\]\([^\s)]{0,200}|~~|\|?\s*:?-{3,}:?\s*\|")

TEXTS = frozenset(("text", "code_inline", "code_block", "fence"))
ADDRESSES = ("http://", "https://", "www.")
# What reads as an e-mail address, in a text or in a link; a name after a slash (/@name) is none.
ADDRESS = re.compile(r"""[^\s@/?&=#:;,()<>"'](?:@|%40)[^\s@]{1,255}?\.[^\s@.]{2}""", re.IGNORECASE)
# And how people write one that no machine is to see: jan(at)example.org, jan apenstaartje example punt nl.
_TAIL = r"apen?staart(?:je)?"
_DOT = r"(?:\s*[(\[{]\s*(?:dot|punt)\s*[)\]}]\s*|\s+(?:dot|punt)\s+)"
_HOST = rf"[\w-]+(?:(?:\.|{_DOT})[\w-]+)*?(?:\.|{_DOT})[^\W\d]{{2}}"
_AT = rf"\s*[(\[{{<]\s*(?:at|{_TAIL})\s*[)\]}}>]\s*"
DISGUISED = re.compile(
    rf"\w{_AT}(?:[^\W\d]|{_HOST})|\w[\s_-]*{_TAIL}[\s_-]*{_HOST}|\w\s+at\s+[\w-]+{_DOT}\w",
    re.IGNORECASE,
)
# In a text "register at example.org" leads to a page; where no page belongs, it is somebody's address.
SAID_AT = re.compile(rf"\w\s+at\s+{_HOST}", re.IGNORECASE)
# Ten digits of the Netherlands, or as one dials from abroad; a day such as 05-06-2024 is none.
TELEPHONE = re.compile(
    r"(?<!\w)(?:(?:\+|00)[1-9](?:[\s().-]{0,2}\d){7,13}|\(?0[1-9](?:[\s()./-]{0,3}\d){8})(?!\d)"
)
DAY = re.compile(r"\b\d{1,2}([-/.])\d{1,2}\1\d{4}\b")


def unseen(text: str, allowed: str = "") -> bool:
    """Whether the text holds a character that a reader cannot see and a machine may obey."""
    return any(
        character in TURNING or unicodedata.category(character) in UNSEEN
        for character in text
        if character not in allowed
    )


def shows(text: str) -> bool:
    """Whether there is anything in the text that a reader can see."""
    return any(unicodedata.category(each)[0] not in "CZ" for each in text)


def vague(text: str) -> bool:
    """Whether a link with this text says nothing about where it goes."""
    said = _said(text)
    return not said or said in VAGUE or said.startswith(ADDRESSES)


def _said(text: str) -> str:
    shown = "".join(each for each in text if unicodedata.category(each) != "Cf")  # takes no room on a screen
    return " ".join(shown.split()).strip(" .:!>»→").lower()


def honest(text: str, address: str) -> None:
    """A text that shows an address shows the address that it leads to: else it could deceive."""
    said = _said(text)
    shown = f"https://{said}" if said.startswith("www.") else said
    if said.startswith(ADDRESSES) and shown.rstrip("/") != address.lower().rstrip("/"):
        raise refusal("other_address")


def links(markdown: str) -> list[tuple[str, str]]:
    """The text and the address of every link in it."""
    return [_link(node) for node in commonmark.tree(markdown).walk() if node.type == "link"]


def plain(markdown: str) -> str:
    """Its words as a reader sees them, a line for each paragraph and item."""
    return "\n".join(
        commonmark.words(node) for node in commonmark.tree(markdown).walk() if node.type == "inline"
    )


def bare(plain: str) -> str | None:
    """The first sign in these words that meant something to who wrote it, and nothing to readers."""
    found = BARE.search(plain)
    return found[0].strip() if found else None


def _link(node: SyntaxTreeNode) -> tuple[str, str]:
    return commonmark.words(node), str(node.attrs["href"])


def one_line(value: str) -> str:
    """A line without what a reader cannot see."""
    if unseen(value):
        raise refusal("one_line")
    return value


def no_address(value: str) -> str:
    """For what is typed by somebody whom we do not know: an e-mail address does not come in with it."""
    if holds_address(value):
        raise refusal("address")
    return value


def holds_address(text: str) -> bool:
    """Whether an e-mail address can be read in it, as it is or in disguise."""
    plain = _whole(text)
    return bool(ADDRESS.search(plain) or DISGUISED.search(plain))


def reaches(text: str) -> bool:
    """Whether it says where somebody can be reached: no record of ours has a place for that."""
    plain = DAY.sub(" ", _whole(text))
    return "@" in plain or holds_address(plain) or bool(SAID_AT.search(plain) or TELEPHONE.search(plain))


def _whole(text: str) -> str:
    """The text with plain signs, and without those that take no room and would part a word unseen."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(each for each in plain if unicodedata.category(each) != "Cf")


def same_line_ends(value: object) -> object:
    """Line ends of one kind, whatever the browser sent."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _markdown(value: str) -> str:
    if unseen(value, allowed="\n\t"):
        raise refusal("characters")
    for node in commonmark.tree(value).walk():
        _check_piece(node)
    return value


def _check_piece(node: SyntaxTreeNode) -> None:
    if node.type in TEXTS and unseen(node.content, allowed="\n\t"):  # written as &#8238; for instance
        raise refusal("characters")
    if node.type == "heading":
        raise refusal("heading_inside")
    if node.type == "image":
        raise refusal("picture_inside")
    if node.type == "link":
        text, address = _link(node)
        _address(address)
        honest(text, address)
        if not text.strip():  # nobody can follow a link that does not show
            raise refusal("vague_link")


def _address(value: str) -> str:
    """A link that works for everyone and goes where it says."""
    if len(value) > LINK_MOST or not value.isascii() or not value.isprintable() or " " in value:
        raise refusal("link")
    try:
        parts = urlsplit(value)
        _ = parts.port  # a port that is no number is refused here
    except ValueError:
        raise refusal("link") from None
    if parts.scheme not in ("https", "mailto"):
        raise refusal("link_scheme")
    if not (_page(parts) if parts.scheme == "https" else _mailbox(parts)):
        raise refusal("link")
    return value


def _page(parts: SplitResult) -> bool:
    """A host with a dot; and no name before an @, which makes one site look like another."""
    host = parts.hostname or ""
    return "." in host.strip(".") and parts.username is None and "\\" not in parts.geturl()


def _mailbox(parts: SplitResult) -> bool:
    """One mailbox and at most a subject: no further recipients and no hidden lines."""
    name, at, domain = parts.path.partition("@")
    hidden = any(mark in parts.geturl().lower() for mark in ("%0a", "%0d", "%00", ",", "&"))
    asks = not parts.query or parts.query.startswith("subject=")
    return bool(name and at and "." in domain) and asks and not hidden


Subject = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=SUBJECT_MOST),
    AfterValidator(one_line),
]
Preheader = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=PREHEADER_MOST),
    AfterValidator(one_line),
]
Phrase = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=PHRASE_MOST),
    AfterValidator(one_line),
]
Alt = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=ALT_MOST),
    AfterValidator(one_line),
]
Passage = Annotated[  # may be empty
    str,
    StringConstraints(strip_whitespace=True, max_length=MARKDOWN_MOST),
    BeforeValidator(same_line_ends),
    AfterValidator(_markdown),
]
Markdown = Annotated[Passage, StringConstraints(min_length=1)]
Link = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_address)]
