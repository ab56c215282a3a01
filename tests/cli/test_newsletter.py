"""A newsletter is added with the words that are fixed, and only with words that fit."""

from __future__ import annotations

import pytest

from tests.cli.desk import NEWSLETTER, Desk


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
