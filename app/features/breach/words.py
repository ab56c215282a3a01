"""What a notice of a data breach says, put together from what was chosen: nobody types it in haste.

It has what GDPR Art. 34(2) asks for: what happened, what it may mean, what was done, what one can do, and
where to ask. The same text, with another beginning, is for the website: whoever left has no address here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from app.core.language import day, translations
from app.domain import extent, term
from app.domain.breach import Advice, Breach, Effect, Keys, Measure, Nature
from app.domain.content import Block, Content, Heading, Text
from app.domain.newsletter import Newsletter

MARKS = re.compile(r"([\\`*_\[\]<>#])")  # what Markdown would read as more than a letter

Say = Callable[[str], str]


def told(row: Breach, letter: Newsletter, language: str, *, website: bool = False) -> Content:
    """The notice in one language, for the readers of a newsletter or for its website."""
    say: Say = translations(language).gettext
    return Content.model_validate(
        {
            "language": language,
            "subject": say("Data breach: what happened with your data"),
            "preheader": say("What happened, what it may mean for you, and what you can do."),
            "intro": _intro(say, website=website) % {"title": _plain(letter.title)},
            "blocks": tuple(_blocks(row, letter, language, say)),
        }
    )


def _intro(say: Say, *, website: bool) -> str:
    if website:
        return say(
            "This is about readers of %(title)s. Did you read it before, and did you stop? Then it may be "
            "about you as well. We have no address of yours any more, so we tell it here. We are sorry."
        )
    return say("You read %(title)s. There was a data breach, and it may be about your data. We are sorry.")


def _blocks(row: Breach, letter: Newsletter, language: str, say: Say) -> Iterable[Block]:
    yield from _part(say("What happened"), [_happened(row, language, say)])
    yield from _part(say("Which data"), [_list(_data(row, say)), _sealed(row, say)])
    yield from _part(say("What it may mean for you"), [_list(_effects(row, say))])
    yield from _part(say("What we did"), [_list(_measures(row, say))])
    yield from _part(say("What you can do"), [_list(_advice(row, say))])
    where = " ".join((letter.privacy_contact or letter.reply_to or letter.sender_address).split())
    asked = say("Ask us: %(contact)s. Please name the number %(number)s.")
    yield from _part(say("Questions"), [asked % {"contact": _plain(where), "number": row.number}])


def _part(title: str, passages: list[str]) -> Iterable[Block]:
    text = "\n\n".join(each for each in passages if each)
    if text:
        yield Heading(text=title)
        yield Text(markdown=text)


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {each}" for each in lines)


def _plain(text: str) -> str:
    return MARKS.sub(r"\\\1", text)


def _happened(row: Breach, language: str, say: Say) -> str:
    what = {
        Nature.SENT_WRONG: say("A mail or a file with data went to somebody who should not have it."),
        Nature.INTRUSION: say("Somebody got into one of our systems without permission."),
        Nature.BACKUP: say("A copy of our data was lost or taken."),
        Nature.DEVICE: say("A computer, phone or disk with data was lost or taken."),
        Nature.INSIDE: say("Somebody who works with our data looked at it or used it without need."),
        Nature.LOST: say("Data of ours was lost, or could not be reached."),
        Nature.OTHER: say("Data of ours was not as safe as it has to be."),
    }
    since = say("We learned of it on %(day)s.") % {"day": day(term.today(row.aware_at), language)}
    told = say("We told the Autoriteit Persoonsgegevens.") if row.reported_at else ""
    return " ".join(each for each in (what[Nature(row.nature)], since, told) if each)


def _data(row: Breach, say: Say) -> list[str]:
    known = extent.kinds()
    return [_plain(say(known[each])) for each in row.data if each in known]


def _sealed(row: Breach, say: Say) -> str:
    if row.keys == Keys.NO:
        return say("E-mail addresses in it are encrypted. The keys to read them did not come out.")
    return say("Take it that others can read your e-mail address.")


def _effects(row: Breach, say: Say) -> list[str]:
    words = {
        Effect.KNOWN_READER: say("Others may learn that you read this newsletter."),
        Effect.THREAT: say("You may get unpleasant or threatening mail."),
        Effect.PHISHING: say("You may get false mail that looks like ours."),
        Effect.NONE_LIKELY: say("We expect no consequences, because what came out cannot be read."),
    }
    return [words[Effect(each)] for each in row.effects]


def _measures(row: Breach, say: Say) -> list[str]:
    words = {
        Measure.CLOSED: say("We closed the leak."),
        Measure.KEYS_CHANGED: say("We changed the keys with which addresses are encrypted."),
        Measure.SIGN_INS_ENDED: say("We ended all sign-ins of staff and had them choose new passwords."),
        Measure.DELETION_ASKED: say("We asked whoever got the data to delete it."),
        Measure.POLICE: say("We reported it to the police."),
        Measure.SENDING_STOPPED: say("We stopped sending until it was safe again."),
    }
    return [words[Measure(each)] for each in row.measures]


def _advice(row: Breach, say: Say) -> list[str]:
    words = {
        Advice.SUSPECT_MAIL: say(
            "Do not trust a mail that asks for money, a password or a code, also when it looks like ours."
        ),
        Advice.REPORT_THREATS: say(
            "Are you threatened? In danger, call 112. Report it to the police, and tell your organisation."
        ),
        Advice.OWN_SECURITY: say("Tell whoever looks after security in your organisation about this mail."),
        Advice.NOTHING_NEEDED: say("You need not do anything."),
    }
    return [words[Advice(each)] for each in row.advice or ()]
