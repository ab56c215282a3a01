"""Every text that a reader can see has Dutch: in templates, in code, and in the register."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.language import catalog
from app.core.register import entries
from app.domain import LEDGER, MAIN
from app.web.templating import PAGES, _environment
from app.worker import JOBS
from tests.rules.tree import ROOT, modules, name

SAID = {"say", "gettext", "ngettext"}


def dutch() -> set[str]:
    """Every English text, singular and plural, that has a Dutch one."""
    found: set[str] = set()
    for message in catalog("nl"):
        if message.id:
            found |= {message.id} if isinstance(message.id, str) else set(message.id)
    return found


def said(source: str) -> Iterator[str]:
    """The texts that code says: fixed words given to `say` and its like."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _called(node) in SAID:
            for argument in node.args[:2]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def _called(node: ast.Call) -> str:
    function = node.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def templated() -> Iterator[str]:
    for path in sorted(PAGES.glob("*.html")):
        for _, _, text in _environment("en").extract_translations(path.read_text("utf-8")):
            yield from [text] if isinstance(text, str) else [each for each in text if each]


def registered() -> Iterator[str]:
    for metadata in (MAIN, LEDGER):
        for _, kept, columns in entries(metadata):
            yield from (kept.what, kept.why, kept.until)
            yield from (held.why for _, held in columns)


def web() -> list[Path]:
    return [path for path in modules("app") if name(path).startswith("app/web/")]


def test_every_text_of_a_page_has_dutch() -> None:
    assert sorted(set(templated()) - dutch()) == []


def test_every_text_that_pages_get_from_code_has_dutch() -> None:
    texts = {text for path in web() for text in said(path.read_text())}
    assert len(texts) > 40
    assert sorted(texts - dutch()) == []


def test_everything_in_the_register_has_dutch() -> None:
    assert sorted(set(registered()) - dutch()) == []


def test_every_job_is_explained_in_dutch() -> None:
    assert sorted({job.why for job in JOBS} - dutch()) == []


@pytest.mark.parametrize("file", ["web.po", "register.po"])
def test_no_translation_is_left_of_what_is_said_no_more(file: str) -> None:
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with (ROOT / "app/locale/nl" / file).open("rb") as source:
        kept = {each.id if isinstance(each.id, str) else each.id[0] for each in read_po(source) if each.id}
    code = {text for path in web() for text in said(path.read_text())}
    assert sorted(kept - code - set(registered()) - {job.why for job in JOBS}) == []


def test_a_text_without_dutch_is_found() -> None:
    assert list(said('visit.say("Nobody translated this")')) == ["Nobody translated this"]
    assert "Nobody translated this" not in dutch()


def test_dutch_has_one_word_for_a_privacy_officer() -> None:
    texts = {path: path.read_text("utf-8") for folder in ("docs", "app/locale") for path in written(folder)}
    assert any("privacyfunctionaris" in text for text in texts.values())
    assert [str(path) for path, text in texts.items() if "privacymedewerker" in text.lower()] == []


def written(folder: str) -> list[Path]:
    """What people read there."""
    return [path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in {".md", ".po"}]
