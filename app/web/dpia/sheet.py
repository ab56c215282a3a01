"""The sheet itself: what is done with which data, why that is right, and what is still to be filled in.

Data, terms, recipients and purpose are those of the entry in the register, and so of the deletion job.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.language import translations
from app.domain.newsletter import Newsletter
from app.web import processing
from app.web.dpia.risks import Risk, risks, root_can, root_cannot
from app.web.processing import Category, Processing, Say


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what stands under it."""

    title: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Blank:
    """A question that only the organisation can answer; `known` is what the service was told of it."""

    question: str
    known: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole assessment of one newsletter; the names are those of Art. 35(7)."""

    newsletter: str
    description: list[Part]
    data: list[Category]
    fairness: list[Part]
    risks: list[Risk]
    root_can: list[str]
    root_cannot: list[str]
    blanks: list[Blank]


def sheet(letter: Newsletter, backup_days: int, language: str) -> Sheet:
    """The assessment of one newsletter in one language."""
    say = translations(language).gettext
    entry = processing.entry(letter, backup_days, language)
    return Sheet(
        newsletter=letter.title,
        description=_description(entry, say),
        data=entry.data,
        fairness=_fairness(entry, say),
        risks=risks(say),
        root_can=root_can(say),
        root_cannot=root_cannot(say),
        blanks=_blanks(letter, say),
    )


def _description(entry: Processing, say: Say) -> list[Part]:
    return [
        Part(
            say("What is done"),
            [
                say("A newsletter by mail to who asked for it, filled in an address and pressed a button"),
                say("Nobody is profiled, nothing measures who opens or clicks, nobody is decided about"),
            ],
        ),
        Part(say("Purpose"), [entry.purpose]),
        Part(
            say("Whose data"),
            [
                *entry.people,
                say("Among readers are office holders who are threatened: that they read it is sensitive"),
            ],
        ),
        Part(say("Who receives them"), entry.recipients),
        Part(say("Outside the EEA"), [entry.transfers]),
        Part(say("How they are protected"), entry.measures),
    ]


def _fairness(entry: Processing, say: Say) -> list[Part]:
    return [
        Part(
            say("Legal basis"),
            [
                entry.basis,
                say("A yes is a button behind a mail to the address itself; stopping is one click"),
                say("The proof of a yes has the words that were shown; it goes two years after the end"),
            ],
        ),
        Part(
            say("Special categories of data"),
            [say("None is asked for; whether reading it tells a political opinion is for you to judge")],
        ),
        Part(
            say("Necessity"),
            [
                say("A newsletter needs an address and a language; nothing else is asked"),
                say("No name and no network address of a reader is kept"),
            ],
        ),
        Part(
            say("Proportionality: could it be done with less?"),
            [
                say("Issues that went out can be read on the website, without giving an address"),
                say("An address is held encrypted, for each newsletter apart, and goes at once at the end"),
            ],
        ),
        Part(
            say("Rights of people"),
            [
                say("On their own page people see, correct and save all of it, pause, stop and are erased"),
                say("Requests by letter or telephone have the legal clock; answers say how to complain"),
                say("Who is erased gets a signed proof, and stays erased when a backup is put back"),
            ],
        ),
    ]


def _blanks(letter: Newsletter, say: Say) -> list[Blank]:
    return [
        Blank(say("Who is responsible (the controller)"), letter.controller),
        Blank(say("Who sends and hosts, and the date of the agreement (Art. 28)"), letter.processor),
        Blank(say("Advice of the data protection officer (Art. 35(2)), with its date"), letter.dpo),
        Blank(say("The view of readers or who speaks for them (Art. 35(9)), or why not asked")),
        Blank(say("Does reading it tell a political opinion or belief (Art. 9)? Why, or why not?")),
        Blank(say("Where machines and backups stand, and how long backups are kept there")),
        Blank(say("Who is root where the keys lie: which people, and how they are watched")),
        Blank(say("Who keeps the copy of the ledger and the signed points of the trail, and where")),
        Blank(say("Where the keys are backed up, and when the lost-key drill was done last")),
        Blank(say("Are the risks that stay accepted, by whom and when? Or is the AP asked (Art. 36)?")),
        Blank(say("When this assessment is looked at again")),
    ]
