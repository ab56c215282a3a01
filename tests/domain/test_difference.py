"""What has changed between two versions, in the words that an approver reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.difference import Change, between, differences, pieces
from app.domain.manuscript import read

OLD = """---
subject: Onderwerp
---
## Een

Eerste zin. Tweede zin.

---

```call
text: Meld u aan voor de dag
link: https://a.example/aan
```
"""
NEW = (
    OLD.replace("Tweede zin", "Andere lange zin")
    .replace("---\n\n```call", "```call")
    .replace("a.example", "b.example")
)


def said(old: str, new: str) -> list[tuple[str, int]]:
    return [(each.change, each.number) for each in differences(read(old).content, read(new).content)]


def test_blocks_are_the_same_changed_added_or_removed() -> None:
    assert said(OLD, OLD) == []
    assert said(OLD, NEW) == [("changed", 2), ("changed", 3), ("removed", 4)]
    assert said(OLD, OLD.replace("## Een", "## Nul\n\n## Een")) == [("added", 1)]
    assert said(OLD, OLD.replace("Onderwerp", "Iets anders")) == [("changed", 0)]
    assert [each.change for each in differences(None, read(OLD).content)] == ["added"] * 5


def test_words_that_change_in_a_row_are_told_in_one_go() -> None:
    told = [
        (each.change, each.text)
        for each in pieces("Dat zijn vijf oude woorden samen.", "Dat zijn drie nieuwe samen.")
    ]
    assert told == [
        (Change.SAME, "Dat zijn "),
        (Change.REMOVED, "vijf oude woorden"),
        (Change.ADDED, "drie nieuwe"),
        (Change.SAME, " samen."),
    ]
    assert "".join(text for change, text in told if change != Change.REMOVED) == "Dat zijn drie nieuwe samen."


def told(old: str, new: str) -> list[tuple[str, str]]:
    return [(each.change, each.text) for each in pieces(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("een twee drie", "een drie", "een [-twee -]drie"),
        ("een twee", "een", "een[- twee-]"),
        ("een twee", "twee", "[-een -]twee"),
        ("een drie", "een twee drie", "een {+twee+} drie"),
        ("een", "een twee", "een {+twee+}"),
        ("twee", " een twee", " {+een+} twee"),
        ("een  twee", "een\ntwee", "een\ntwee"),
        ("", "een twee", "{+een twee+}"),
        ("een twee", "", "[-een twee-]"),
        ("a b a b", "a b a b a b", "a b a b {+a b+}"),
        ("Een zin. Nog een zin.", "Een zin! Nog een zin!", "Een [-zin.-]{+zin!+} Nog een [-zin.-]{+zin!+}"),
    ],
)
def test_each_word_is_told_once_with_a_blank_where_one_stood(old: str, new: str, marked: str) -> None:
    signs = {Change.SAME: "{}", Change.REMOVED: "[-{}-]", Change.ADDED: "{{+{}+}}"}
    assert "".join(signs[Change(change)].format(text) for change, text in told(old, new)) == marked


WORDS = st.lists(st.sampled_from("de raad en een wet".split()), max_size=12)


@given(st.lists(WORDS, min_size=4, max_size=4))
def test_whatever_they_have_in_common_at_both_ends_both_texts_are_told_whole(parts: list[list[str]]) -> None:
    begin, was, now, end = parts
    old, new = (" ".join([*begin, *middle, *end]) for middle in (was, now))
    found = told(old, new)
    assert "".join(text for change, text in found if change != Change.REMOVED) == new
    gone = " ".join(text for change, text in found if change != Change.ADDED)
    assert gone.split() == old.split()
    assert not told(old, old) or told(old, old) == [(Change.SAME, old)]


@given(WORDS, WORDS, st.integers(1, 30))
def test_what_stands_around_a_change_makes_no_other_change_of_it(
    was: list[str], now: list[str], length: int
) -> None:
    """Words that occur nowhere else lead and follow: with them the same is told as without."""
    lead, follow = (" ".join(f"{name}{number}" for number in range(length)) for name in ("voor", "na"))
    old, new = " ".join(was), " ".join(now)

    def changes(one: str, other: str) -> list[tuple[str, str]]:
        return [(change, text.strip()) for change, text in told(one, other) if change != Change.SAME]

    assert changes(f"{lead} {old} {follow}", f"{lead} {new} {follow}") == changes(old, new)


def test_one_word_in_a_text_of_any_length_is_told_as_one_word() -> None:
    text = " ".join(f"woord{number % 700}" for number in range(50_000))
    assert told(f"{text} oud {text}", f"{text} nieuw {text}") == [
        (Change.SAME, f"{text} "),
        (Change.REMOVED, "oud"),
        (Change.ADDED, "nieuw"),
        (Change.SAME, f" {text}"),
    ]


def test_what_would_take_too_long_to_compare_is_told_as_a_whole() -> None:
    old, new = (f"{edge} {'oud ' * 3_000}{edge}" for edge in ("de", "een"))
    assert told(old, new) == [(Change.REMOVED, old), (Change.ADDED, new)]


def test_a_page_has_room_for_so_much_whatever_it_is_divided_over() -> None:
    old, new = ([f"{edge}{at} {'oud ' * 250}{edge}" for at in range(20)] for edge in ("de", "een"))
    kept = [any(piece.change == Change.SAME for piece in each.pieces) for each in between(old, new)]
    assert (kept[0], kept[-1]) == (True, False)
