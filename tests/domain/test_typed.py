"""What was typed is kept as it is; only what is finished becomes content."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from app.core.migrating import ROOT
from app.domain import typed
from app.domain.content import BLOCKS_MOST
from app.domain.manuscript import read
from app.domain.typed import Piece, Typed

SAMPLE = read((ROOT / "docs" / "sample" / "weerbaar-bestuur.md").read_bytes()).content
WRITTEN = Typed.of(SAMPLE.model_dump(mode="json"))

DAY = {"starts_on": "2026-12-01", "place": "y"}


def kinds(written: Typed) -> list[str]:
    return [piece.kind for piece in written.pieces]


def test_what_is_finished_becomes_the_same_content_again() -> None:
    assert WRITTEN.judged() == (SAMPLE, [])
    assert Typed.of(WRITTEN.stored()) == WRITTEN


@pytest.mark.parametrize(
    ("kind", "values", "where"),
    [
        ("article", {"title": "x"}, "blocks.0.link"),
        ("article", {"title": "x", "link": "www.example.org"}, "blocks.0.link"),
        ("event", {"title": "x", "starts_on": "morgen", "place": "y"}, "blocks.0.starts_on"),
        ("event", {"title": "x", **DAY, "ends_at": "9:00"}, "blocks.0.starts_at"),
        ("picture", {"image": "x.png"}, "blocks.0.alt"),
        ("heading", {"text": "x", "level": "9"}, "blocks.0.level"),
        ("call", {"text": "https://example.com", "link": "https://example.org"}, "blocks.0.link"),
    ],
)  # fmt: skip
def test_what_is_unfinished_stays_and_is_told_at_its_field(
    kind: str, values: dict[str, str], where: str
) -> None:
    written = replace(WRITTEN, pieces=(Piece(kind, {**dict.fromkeys(typed.FIELDS[kind], ""), **values}),))
    content, problems = written.judged()
    assert content is None
    assert [each.where for each in problems] == [where]
    assert Typed.of(written.stored()) == written


def test_a_day_in_words_is_kept_as_every_other_so_that_it_is_known_to_come_or_to_have_passed() -> None:
    """Kept as it was typed it came back a month later, or went, by its first digit."""
    soon, past = ({**DAY, "title": "x", "starts_on": day} for day in ("3 december 2026", "9-11-2026"))
    empty = dict.fromkeys(typed.FIELDS["event"], "")
    written = replace(WRITTEN, pieces=tuple(Piece("event", {**empty, **each}) for each in (soon, past)))
    assert written.judged()[1] == []
    kept = Typed.of(written.stored()).again(date(2026, 11, 20))
    assert [each.values["starts_on"] for each in kept.pieces] == ["2026-12-03"]


def test_a_next_issue_has_the_same_headings_and_coming_events_and_no_old_words() -> None:
    fresh = WRITTEN.again(date(2026, 12, 12))
    assert set(fresh.top.values()) == {""}
    old = [piece for piece in WRITTEN.pieces if piece.kind == "heading"]
    assert [piece for piece in fresh.pieces if piece.kind == "heading"] == old
    assert [each.values["starts_on"] for each in fresh.pieces if each.kind == "event"] == ["2026-12-17"]
    assert all(piece.empty for piece in fresh.pieces if piece.kind in {"text", "article", "call"})
    assert "picture" not in kinds(fresh)


def test_another_language_begins_with_the_same_links_days_and_pictures() -> None:
    fresh = WRITTEN.translated("en")
    assert kinds(fresh) == kinds(WRITTEN)
    assert fresh.pictures() == WRITTEN.pictures()
    assert not any(piece.values.get(name) for piece in fresh.pieces for name in ("title", "summary", "alt"))


def test_blocks_move_come_and_go_and_there_is_an_end_to_them() -> None:
    small = Typed("nl", {}, tuple(Piece(kind, {}) for kind in ("heading", "text", "call")))
    assert kinds(small.moved(0, 1)) == ["text", "heading", "call"]
    assert kinds(small.moved(0, -1)) == kinds(small)
    assert kinds(small.moved(2, 1)) == kinds(small)
    assert kinds(small.without(1)) == ["heading", "call"]
    assert kinds(small.added("divider", 3)) == [*kinds(small), "divider"]
    full = replace(small, pieces=(Piece("divider", {}),) * BLOCKS_MOST)
    assert len(full.added("text", 0).pieces) == BLOCKS_MOST


def test_what_is_finished_can_be_shown_before_the_rest_is() -> None:
    half = replace(WRITTEN.added("article", 0).added("text", 3), top={"subject": "", "intro": "# kop"})
    content, left_out = half.presentable(WRITTEN.pictures())
    assert (content.blocks, left_out) == (SAMPLE.blocks, 4)
    assert (content.subject, content.intro) == (typed.NAMELESS, "")
    assert len(half.presentable(set())[0].blocks) == len(SAMPLE.blocks) - 1
    assert typed.blank("nl").presentable(set())[1] == 2
