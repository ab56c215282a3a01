"""A newsletter is added with the words that are fixed, and only with words that fit."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.cli.desk import NEWSLETTER, Desk

SLUG = "weerbaar-bestuur"


def test_a_newsletter_is_added_and_listed(desk: Desk) -> None:
    added = desk.told(*NEWSLETTER)
    assert added["slug"] == "weerbaar-bestuur"
    assert added["cadence"] == "first tuesday 10:00"
    assert added["pace"] == 20
    assert desk.told("newsletter", "list") == [added]
    assert "Weerbaar Bestuur" in desk.bode("newsletter", "list").stdout


def test_what_the_privacy_statement_needs_can_be_given(desk: Desk) -> None:
    details = {
        "--controller": "Ministerie",
        "--dpo": "FG",
        "--privacy-contact": "privacy@example.org",
        "--postal-address": "Postbus 1",
        "--processor": "Hosting",
        "--reply-to": "antwoord@example.org",
    }
    words = [word for pair in details.items() for word in pair]
    added = desk.told(*NEWSLETTER, *words, "--pace", "unlimited")
    assert added["unfilled"] == []
    assert added["pace"] is None


def test_only_what_is_given_changes_and_it_is_on_record(office: Desk) -> None:
    planned = office.told("issue", "show", office.approved())
    before = office.told("newsletter", "list")[0]
    said = office.bode("newsletter", "change", SLUG, "--dpo", "FG", "--cadence", "day 28 09:00").stdout
    assert "changed: cadence, dpo" in said
    assert "--controller" in said
    assert "--dpo" not in said
    lacks = [name for name in before["unfilled"] if name != "dpo"]
    (after,) = office.told("newsletter", "list")
    assert after == before | {"cadence": "day 28 09:00", "unfilled": lacks}
    assert office.told("issue", "show", planned["id"])["due_at"] == planned["due_at"] is not None
    assert "nothing was changed" in office.bode("newsletter", "change", SLUG, "--dpo", "FG").stdout
    trail = sqlite3.connect(office.folder / "bode.db")
    with closing(trail):
        rows = trail.execute("SELECT about, reason FROM audit WHERE event = 'newsletter.changed'").fetchall()
    assert rows == [(f"newsletter {SLUG}", "cadence"), (f"newsletter {SLUG}", "dpo")]


def test_everything_that_was_added_can_be_changed(desk: Desk) -> None:
    assert "lacks: --controller" in desk.bode(*NEWSLETTER).stdout
    words = ["--title", "Weerbaar", "--sender", "Netwerk <brief@example.org>", "--language", "en"]
    words += ["--pace", "unlimited", "--cadence", "", "--reply-to", "antwoord@example.org"]
    for name in ("--controller", "--dpo", "--postal-address", "--processor"):
        words += [name, "Iemand"]
    changed = desk.told("newsletter", "change", SLUG, *words, "--privacy-contact", "privacy@example.org")
    assert (changed["title"], changed["language"]) == ("Weerbaar", "en")
    assert (changed["pace"], changed["cadence"], changed["unfilled"]) == (None, "", [])
    assert "lacks" not in desk.bode("newsletter", "change", SLUG, "--title", "Weerbaar").stdout


def test_a_change_that_says_nothing_or_names_none_is_refused(desk: Desk) -> None:
    assert "say what changes" in desk.refused("newsletter", "change", SLUG, code=2)
    assert "no newsletter" in desk.refused("newsletter", "change", "andere", "--title", "X")


def test_a_name_is_taken_once(desk: Desk) -> None:
    desk.bode(*NEWSLETTER)
    assert "already" in desk.refused(*NEWSLETTER)


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--slug", "Weerbaar Bestuur", "small letters"),
        ("--sender", "nieuwsbrief@example.org", "name and an address"),
        ("--sender", "Netwerk <nieuwsbrief@>", "name and an address"),
        ("--sender", "Netwerk <nieuwsbrief@example>", "not an address"),
        ("--sender", "Netwerk <ñ@example.org>", "plain letters"),
        ("--privacy-contact", "De balie", "not an address"),
        ("--title", "twee\nregels", "one line"),
        ("--cadence", "every tuesday", "A cadence is one of"),
        ("--pace", "0/s", "20/s"),
        ("--language", "de", "nl"),
        ("--reply-to", "niet hier", "not an address"),
    ],
)
def test_words_that_do_not_fit_end_with_2(desk: Desk, option: str, value: str, told: str) -> None:
    words = list(NEWSLETTER)
    if option in words:
        words[words.index(option) + 1] = value
    else:
        words += [option, value]
    assert told in desk.refused(*words, code=2)
    assert desk.told("newsletter", "list") == []
