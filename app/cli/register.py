"""`bode register`: what is held of whom, and what it may do to people (DPIA), from the tables themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from app.cli.door import AsJson, answer, inside, warn
from app.cli.forms import Language
from app.core.errors import Refused
from app.core.language import translations
from app.domain import newsletter as newsletters
from app.domain.house import House
from app.web import dpia, processing
from app.web.dpia import Sheet
from app.web.processing import Category, Processing, Say

Spoken = Annotated[Language, typer.Option(help="In which language.")]
Slug = Annotated[str | None, typer.Option(metavar="SLUG", help="Only this newsletter.")]
Weighed = Annotated[bool, typer.Option("--dpia", help="The assessment of the risks (DPIA, Art. 35) instead.")]


def register(
    *,
    newsletter: Slug = None,
    language: Spoken = Language.NL,
    assessment: Weighed = False,
    as_json: AsJson = False,
) -> None:
    """Print the entry of each newsletter for the register of processing (GDPR Art. 30).

    It is made from the tables: what is held, why and until when is what the deletion job works with.
    Who is responsible comes from `bode newsletter add` and `change`; what is not filled in is named.
    """
    say = translations(language).gettext
    if assessment:
        sheets: list[Sheet] = _made(dpia.sheet, newsletter, language)
        answer([asdict(each) for each in sheets], _text(sheets, _sheet, say), as_json=as_json)
        return
    found: list[Processing] = _made(processing.entry, newsletter, language)
    answer([asdict(each) for each in found], _text(found, _lines, say), as_json=as_json)
    for each in found:
        if each.missing:
            warn(f"warning: '{each.newsletter}' does not say yet: {', '.join(each.missing)}")


def _made(make: Callable[..., Any], slug: str | None, language: str) -> list[Any]:
    async def work(house: House) -> list[Any]:
        async with house.database.reading() as session:
            found = await newsletters.every(session)
        days = house.settings.backup_days
        return [make(each, days, language) for each in found if slug in {None, each.slug}]

    found = inside(work)
    if not found:
        raise Refused("there is no such newsletter; see: bode newsletter list")
    return found


def _text(found: list[Any], lines: Callable[[Any, Say], Iterator[str]], say: Say) -> str:
    return "\n\n".join("\n".join(lines(each, say)) for each in found)


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


def _sheet(sheet: Sheet, say: Say) -> Iterator[str]:
    """The same order as the page has, with a line to write on for what is not known."""
    yield f"{say('Assessment of the risks (DPIA)')}: {sheet.newsletter}"
    yield from ("", say("A. What is done with personal data"))
    for part in sheet.description:
        yield from _part(part.title, part.lines)
    yield from _part(say("Which data, why, and how long"), [])
    for each in sheet.data:
        yield f"- {each.what}: {each.why}. {say('Stays')} {each.until}."
    yield from ("", say("B. Why it is lawful and needed"))
    for part in sheet.fairness:
        yield from _part(part.title, part.lines)
    yield from ("", say("C. Risks for readers, and D. what is done against them"))
    for risk in sheet.risks:
        yield from _part(risk.what, [*risk.measures, f"{say('What is left of it')}: {risk.left}"])
    yield from _part(say("Whoever is root on the machine with the keys can"), sheet.root_can)
    yield from _part(say("And cannot"), sheet.root_cannot)
    blanks = [f"{each.question}: {each.known} ________" for each in sheet.blanks]
    yield from _part(say("E. To be filled in by your organisation"), blanks)


def _part(title: str, words: list[str]) -> Iterator[str]:
    yield from ("", title)
    yield from (f"- {each}" for each in words if each)


def _category(each: Category, say: Say) -> Iterator[str]:
    yield f"- {each.what}: {each.why}. {say('Stays')} {each.until}."
    yield from (f"  - {field.column}: {field.why} ({field.kind})" for field in each.fields)


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(epilog="Example: bode register --language en --json")(register)
