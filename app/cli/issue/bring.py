"""`bode issue import`: an issue, or another language of it, from a Markdown file with its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import glass
from app.cli.door import AsJson, answer, change, inside, warn
from app.cli.issue import words
from app.core.errors import Invalid, NotFound, Refused
from app.core.names import spelled
from app.domain import audit
from app.domain import house as houses
from app.domain import manuscript as manuscripts
from app.domain import newsletter as newsletters
from app.domain.audit import Event
from app.domain.house import House
from app.domain.issue import Issue
from app.domain.manuscript import Manuscript, Unreadable
from app.domain.newsletter import Newsletter
from app.features import compose

PICTURE_MOST = 20_000_000  # bytes read of one picture: more is no picture for a mail


@dataclass(frozen=True, slots=True)
class Bundle:
    """A manuscript and the pictures that lie beside it."""

    manuscript: Manuscript
    files: dict[str, bytes]


def gather(path: Path) -> Bundle:
    """Read the file and its pictures; raises Refused with every problem and its line."""
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    try:
        manuscript = manuscripts.read(path.read_bytes())
    except Unreadable as wrong:
        raise Invalid("\n".join(f"{path.name}: {each}" for each in wrong.problems)) from None
    found = {name: path.parent / name for name in manuscript.pictures}
    return Bundle(manuscript, {name: _bytes(each) for name, each in found.items() if each.is_file()})


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(PICTURE_MOST)


async def bring(
    session: AsyncSession, bundle: Bundle, *, author: str, slug: str | None, issue_id: str | None
) -> Issue:
    """A new draft, or one language of an issue in place of what was there."""
    rest: dict[str, Any] = {"author": author, "now": houses.now()}
    if issue_id is None:
        letter = await newsletters.by_slug(session, slug or "")
        return await compose.begin(session, letter, bundle.manuscript, bundle.files, **rest)
    issue = await words.find(session, issue_id, lock=True)
    if slug and (await newsletters.by_slug(session, slug)).id != issue.newsletter_id:
        raise Refused(f"issue {issue.id} belongs to another newsletter than '{slug}'")
    await compose.write(session, issue, bundle.manuscript, bundle.files, **rest)
    return issue


async def _on_record(session: AsyncSession, house: House, issue: Issue, author: str) -> None:
    """An account can be named by anyone at the command line, so who is there is on record as well."""
    about, reason = f"issue {issue.id}", f"by command, as {author}"
    event, now = Event.ISSUE_IMPORTED, houses.now()
    await audit.record(session, glass.actor(), event, about=about, reason=reason, now=now)
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    await glass.broken(session, house, "import", letter=letter, number=issue.number)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Markdown file; pictures beside it.")],
    *,
    author: Annotated[str, typer.Option(parser=spelled, metavar="NAME", help="An editor's account.")],
    newsletter: Annotated[str | None, typer.Option(metavar="SLUG", help="Of which newsletter.")] = None,
    issue: Annotated[
        str | None, typer.Option(metavar="ID", help="Add or replace a language of this issue.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import an issue from a Markdown file with its pictures.

    With --newsletter it becomes a new draft. With --issue it takes the place of that language in an
    issue; an approval is then void. Everything that is wrong with the file is told, with its line; what
    had better be put right is a warning and keeps nothing out. In production colleagues are told by mail.
    """
    if newsletter is None and issue is None:
        raise typer.BadParameter("say for which newsletter: --newsletter SLUG (or --issue ID)")
    bundle = gather(file)

    async def work(house: House) -> dict[str, Any]:
        async def act(session: AsyncSession) -> dict[str, Any]:
            brought = await bring(session, bundle, author=author, slug=newsletter, issue_id=issue)
            content = bundle.manuscript.content
            await _on_record(session, house, brought, author)
            shown = await words.described(session, brought)
            return {**shown, "language": content.language, "subject": content.subject}

        return await change(house, act)

    done = {**inside(work), "warnings": [str(each) for each in bundle.manuscript.warnings]}
    for each in done["warnings"]:
        warn(f"warning: {file.name}: {each}")
    text = (
        f"issue {done['number']} of {done['newsletter']} is a draft: {done['subject']}\n"
        f"next, by a colleague: bode issue approve {done['id']} --approver NAME"
    )
    answer(done, text, as_json=as_json)


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(
        "import",
        epilog="Example: bode issue import november.md --newsletter weerbaar-bestuur --author dana",
    )(import_)
