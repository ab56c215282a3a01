"""`bode issue list` and `show`: where an issue is, and what it says."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli.door import AsJson, answer, inside
from app.cli.issue import words
from app.cli.issue.words import IssueId
from app.core.errors import Refused
from app.domain import edition
from app.domain import issue as issues
from app.domain import newsletter as newsletters
from app.domain.house import House
from app.domain.issue import Issue
from app.domain.newsletter import Newsletter
from app.features import approve


def list_(
    *,
    newsletter: Annotated[str | None, typer.Option(metavar="SLUG", help="Only of this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """List issues, newest first: id, newsletter, number, state, and when it goes or went out."""

    async def work(house: House) -> list[dict[str, Any]]:
        async with house.database.reading() as session:
            query = select(Issue).order_by(Issue.created_at.desc())
            if newsletter is not None:
                letter = await newsletters.by_slug(session, newsletter)
                query = query.where(Issue.newsletter_id == letter.id)
            return [await words.described(session, each) for each in await session.scalars(query)]

    found = inside(work)
    lines = [
        f"{each['id']}  {each['newsletter']}  {each['number']}  {each['state']}"
        f"  {each['started_at'] or each['due_at'] or '-'}"
        for each in found
    ]
    text = "\n".join(lines) or "no issues yet; see: bode issue import --help"
    answer(found, text, as_json=as_json)


async def _weight(session: AsyncSession, house: House, issue: Issue) -> int | None:
    """The bytes of the heaviest mail, as approved or as it would be; None when it cannot be made."""
    stored = await issues.frozen(session, issue.id)
    if stored:
        return max(len(each) for each in stored.values())
    try:
        made = await approve.press(session, issue, base_url=house.settings.base_url)
    except Refused:
        return None
    return max(len(each.to_bytes()) for each in made.values())


def show(issue_id: IssueId, *, as_json: AsJson = False) -> None:
    """Show an issue: subject, preheader, languages, state, who and when, and the weight of its mail."""

    async def work(house: House) -> tuple[dict[str, Any], Newsletter]:
        async with house.database.reading() as session:
            issue = await words.find(session, issue_id)
            letter = await session.get_one(Newsletter, issue.newsletter_id)
            written = await edition.typed(session, issue.id)
            main = written.get(letter.language) or next(iter(written.values()))
            shown = {
                **await words.described(session, issue),
                "subject": main.top["subject"],
                "preheader": main.top["preheader"],
                "languages": sorted(written),
                "pictures": len(await issues.images(session, issue.id)),
                "bytes": await _weight(session, house, issue),
                "sha256": issue.digest,
            }
            return shown, letter

    shown, letter = inside(work)
    answer(shown, words.table(_for_people(shown, letter)), as_json=as_json)


def _for_people(shown: dict[str, Any], letter: Newsletter) -> dict[str, Any]:
    told = words.on_the_clock(shown, letter)
    told["languages"] = ", ".join(told["languages"])
    told["bytes"] = f"{told['bytes'] / 1000:.0f} KB" if told["bytes"] else None
    return told


def add(app: typer.Typer) -> None:
    """Put the commands where they are typed."""
    app.command("list", epilog="Example: bode issue list --newsletter weerbaar-bestuur")(list_)
    app.command("show", epilog="Example: bode issue show 5e0c3f4e-7d0f-4c55-9c57-0d3a7b1f8d11")(show)
