"""`bode register`: the entry of each newsletter in the register of processing, from the tables themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.door import AsJson, answer, inside, warn
from app.cli.forms import Language
from app.core.errors import Refused
from app.core.language import translations
from app.domain import newsletter as newsletters
from app.domain.house import House
from app.web import processing
from app.web.processing import Category, Processing, Say

Spoken = Annotated[Language, typer.Option(help="In which language.")]
Slug = Annotated[str | None, typer.Option(metavar="SLUG", help="Only this newsletter.")]


def register(*, newsletter: Slug = None, language: Spoken = Language.NL, as_json: AsJson = False) -> None:
    """Print the entry of each newsletter for the register of processing (GDPR Art. 30).

    It is made from the tables: what is held, why and until when is what the deletion job works with.
    Who is responsible comes from `bode newsletter add`; what is not filled in is named.
    """

    async def work(house: House) -> list[Processing]:
        async with house.database.reading() as session:
            found = await newsletters.every(session)
        days = house.settings.backup_days
        return [processing.entry(each, days, language) for each in found if newsletter in {None, each.slug}]

    found = inside(work)
    if not found:
        raise Refused("there is no such newsletter; see: bode newsletter list")
    say = translations(language).gettext
    text = "\n\n".join("\n".join(_lines(each, say)) for each in found)
    answer([asdict(each) for each in found], text, as_json=as_json)
    for each in found:
        if each.missing:
            warn(f"warning: '{each.newsletter}' does not say yet: {', '.join(each.missing)}")


def _lines(entry: Processing, say: Say) -> Iterator[str]:
    """Plain text with headings, for a screen, a file or a register that wants it pasted."""
    yield f"{say('Register of processing')}: {entry.newsletter}"
    for title, words in (
        (say("Who is responsible"), [entry.controller]),
        (say("Data protection officer"), [entry.dpo]),
        (say("Where to ask"), [entry.contact]),
        (say("Purpose"), [entry.purpose]),
        (say("Legal basis"), [entry.basis]),
        (say("Whose data"), entry.people),
    ):
        yield from _part(title, words)
    yield from ("", say("Which data, why, and how long"))
    for each in entry.data:
        yield from _category(each, say)
    yield from _part(say("Who receives them"), entry.recipients)
    yield from _part(say("Outside the EEA"), [entry.transfers])
    yield from _part(say("How they are protected"), entry.measures)


def _part(title: str, words: list[str]) -> Iterator[str]:
    yield from ("", title)
    yield from (f"- {each}" for each in words if each)


def _category(each: Category, say: Say) -> Iterator[str]:
    yield f"- {each.what}: {each.why}. {say('Stays')} {each.until}."
    yield from (f"  - {field.column}: {field.why} ({field.kind})" for field in each.fields)


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(epilog="Example: bode register --language en --json")(register)
