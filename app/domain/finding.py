"""What the check of an issue found, with its place and what to do about it: it blocks approval, or it warns.

Blocked is what would hurt readers: a mail that cannot be made or is cut off, a link that is dead, unsafe or
hides where it leads, words that some cannot read. Where nobody has looked yet, nobody knows, and that blocks
as well. The rest is advice, and people decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.core.errors import Refused
from app.domain import prose
from app.domain.problem import Problem
from app.domain.sight import Hindrance


class Weight(StrEnum):
    """What a finding does."""

    BLOCKS = "blocks"  # the issue is not approved before it is put right
    UNSEEN = "unseen"  # nobody has looked yet: on a page it is not approved before somebody does
    WARNS = "warns"  # worth a look


INTRO = 0  # the place of the introduction; blocks count from 1, as people do
BLOCKS = {
    "no_main": "There is no text in the newsletter's main language. Write it.",
    "unfinished": "This part is not finished. Put right what stands there.",
    "picture_gone": "The picture is not there any more. Add it again, or take the block out.",
    "not_made": "The mail cannot be made: %(trouble)s.",
    "too_heavy": (
        "%(what)s has %(kilobytes)s KB and may have %(most)s KB: mail programs cut off or refuse what is "
        "more. Shorten the texts or make the pictures smaller."
    ),
    "shortener": (
        'The link "%(text)s" goes by way of %(host)s, which hides where it leads. Use the address of the '
        "page itself."
    ),
    "dead": 'The page behind the link "%(text)s" does not exist (any more). Find the right address.',
    "insecure": (
        'The link "%(text)s" ends at an address without https. Use another page, or ask its owner for https.'
    ),
    "inner": 'The link "%(text)s" leads into an internal network, where readers cannot come. Take another.',
    "contrast": "The colours of %(what)s differ too little: %(ratio)s, at least %(least)s. Change the theme.",
    "style": "The mail uses a style that many mail programs do not draw: %(what)s. Change the theme.",
    "tag": "The mail does not say in which language it is. Change the template.",
    "hindered": "Some people cannot read this mail.",
}
UNSEEN = {
    "not_looked": "Links that nobody has looked at yet: %(count)s. Have them looked at.",
    "not_seen": (
        "Nobody has looked yet whether everybody can read this mail. Open the page “Check” in a browser that "
        "runs scripts."
    ),
}
WARNS = {
    "no_other": "There is no text in this language: its readers get the main language. Is that meant?",
    "heavy": (
        "The mail's text has %(kilobytes)s KB. From %(most)s KB on some mail programs cut it off. Shorten it."
    ),
    "subject_long": "The subject has %(length)s characters; a phone shows %(most)s. Put the news first.",
    "subject_reply": "The subject looks like an answer or a forwarded mail. Leave out what stands before it.",
    "no_preheader": "There is no preview text. Mail programs show it beside the subject: write one line.",
    "preheader_long": "The preview text has %(length)s characters; mail programs show about %(most)s.",
    "vague": 'The link text "%(text)s" does not say where it leads. Use words that make sense on their own.',
    "bare": (
        'Readers see "%(text)s" as it stands here: HTML, tables and struck words are not used in the '
        "newsletter. Write it in plain words, or use the buttons above the text."
    ),
    "same_text": 'Links with the same text "%(text)s" lead to different pages. Give each words of its own.',
    "moved": 'The page behind the link "%(text)s" has moved for good. Use the new address: %(address)s',
    "unsure": 'It could not be seen whether the link "%(text)s" works. Open it yourself.',
    "hampered": "This makes reading harder for some people.",
    "alt_name": "The picture's description is a file name or says only that it is one. Say what it shows.",
    "alt_long": "The description of the picture has %(length)s characters. Say it in a sentence or two.",
    "heading_deep": (
        "This heading is a level too deep: there is no larger heading above it. Make it a new part of the "
        "newsletter."
    ),
    "heading_empty": "There is nothing below this heading. Take it out, or write its text.",
    "past": "This takes place before the newsletter goes out. Take it out, or say that it was.",
    "tongue": "This text seems to be in another language than it says: a screen reader would say it wrongly.",
    "hard": (
        "The text is hard to read: %(score)s on the scale of Flesch, B1 is %(least)s or more. "
        "Use shorter sentences and everyday words."
    ),
    "sentence": 'A sentence here has %(length)s words: "%(text)s". Make two or three of it.',
}
TEXTS = {**BLOCKS, **UNSEEN, **WARNS}
# What most often goes wrong, in our words; of another rule axe's own English is shown.
RULES = {
    "link-name": "A link has no words that can be seen or read aloud. Write where it leads.",
    "empty-heading": "A heading has no words that can be seen or read aloud. Write them, or take it out.",
    "heading-order": "A heading is a level too deep: there is no larger heading above it. Use a larger one.",
    "image-alt": "A picture has no description. Write what it shows, or tick that it only decorates.",
    "image-redundant-alt": "A picture's description repeats what stands beside it. Tick that it decorates.",
    "color-contrast": "Letters differ too little from what they stand on. Ask for another theme.",
    "link-in-text-block": "A link differs from the words around it by colour only. Ask for another theme.",
    "target-size": "Links stand so close together that a finger meets the wrong one. Put words between them.",
}


BLANK = "(no words that can be seen)"  # in the place of the words themselves


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing; without a language it is about the whole issue, without a block about a whole language."""

    code: str
    language: str | None = None
    block: int | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    problem: Problem | None = None  # what is not finished, in its own words
    hindrance: Hindrance | None = None  # what keeps people from reading, as axe found it

    @property
    def weight(self) -> Weight:
        """Whether it blocks."""
        if self.code in BLOCKS:
            return Weight.BLOCKS
        return Weight.UNSEEN if self.code in UNSEEN else Weight.WARNS

    @property
    def foreign(self) -> str:
        """What axe says of a rule for which we have no words: English, in whatever language the rest is."""
        return self.hindrance.help if self.hindrance and self.hindrance.rule not in RULES else ""

    @property
    def places(self) -> str:
        """Where axe found it, in the words that stand there."""
        if self.hindrance is None:
            return ""
        more = " …" if self.hindrance.times > len(self.hindrance.places) else ""
        return "; ".join(self.hindrance.places) + more

    def say(self, gettext: Callable[[str], str] = str) -> str:
        """What it is and what to do, in the language that `gettext` speaks."""
        if self.problem is not None:
            return self.problem.say(gettext)
        text = gettext(TEXTS[self.code])
        if self.hindrance is not None and not self.foreign:
            text = f"{text} {gettext(RULES[self.hindrance.rule])}"
        values = dict(self.values)
        if not prose.shows(str(values.get("text", "x"))):
            values["text"] = gettext(BLANK)
        return text % values if values else text

    def __str__(self) -> str:
        place = [self.language] if self.language else []
        place += (
            [] if self.block is None else ["introduction" if self.block == INTRO else f"block {self.block}"]
        )
        said = " ".join(each for each in (self.say(), self.foreign, self.places) if each)
        return ", ".join(place) + (": " if place else "") + said


class Blocked(Refused):
    """An issue cannot be approved; `findings` says what has to be put right first."""

    status = 400

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(str(each) for each in findings))
        self.findings = findings


def blocking(findings: list[Finding]) -> list[Finding]:
    """Those that have to be put right before an issue is approved."""
    return [each for each in findings if each.weight is Weight.BLOCKS]


def unseen(findings: list[Finding]) -> list[Finding]:
    """What nobody has looked at yet."""
    return [each for each in findings if each.weight is Weight.UNSEEN]
