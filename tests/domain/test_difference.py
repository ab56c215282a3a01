"""What has changed between two versions, in the words that an approver reads."""

from __future__ import annotations

from app.domain.difference import Change, differences, pieces
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


def test_texts_too_long_to_compare_are_told_as_a_whole():
    old, new = " ".join(["oud"] * 2_000), " ".join(["nieuw"] * 2_000)
    assert [(each.change, each.text) for each in pieces(old, new)] == [
        (Change.REMOVED, old),
        (Change.ADDED, new),
    ]
