"""What had better be put right in a manuscript is a warning with its line, and keeps nothing out."""

from __future__ import annotations

import pytest

from app.domain.manuscript import read

VAGUE = """---
subject: Onderwerp
---

Lees het [hier](https://a.example/intro).

## Nieuws

Een [goede tekst](https://a.example/goed), en op de volgende regel
een kaal adres: <https://a.example/kaal>.

### [Lees meer](https://a.example/artikel)

Samenvatting met [www.a.example/zelf](https://www.a.example/zelf).

```call
text: Klik hier!
link: https://a.example/knop
```
"""


def test_link_texts_that_say_nothing_are_warnings_with_their_line() -> None:
    found = read(VAGUE).warnings
    assert {each.code for each in found} == {"vague_link"}
    assert [each.line for each in found] == [5, 10, 12, 14, 18]
    assert read(VAGUE.replace("[hier]", "[in de wet]")).warnings == found[1:]


SIGNS = """---
subject: Onderwerp
---

Een gewone zin over a < b, een pijl -> en een streep ---.

%s
"""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Dit is <b>vet</b>.", "<b>"),
        ("Een regel<br>en nog een.", "<br>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "|---|"),
        ("Lees [dit](https://a.example/ met spatie).", "](https://a.example/"),
        ("Lees [dit](javascript:alert).", "](javascript:alert"),
        ("Dit is ~~weg~~.", "~~"),
    ],
)
def test_signs_that_readers_would_see_as_they_stand_are_a_warning(written: str, shown: str) -> None:
    (warning,) = read(SIGNS % written).warnings
    assert (warning.code, warning.values["text"]) == ("bare", shown)
    assert warning.line == 7 + written.count("\n") // 2


def test_what_is_understood_is_no_warning() -> None:
    assert not read(SIGNS % "Een [goede tekst](https://a.example), **vet**, *schuin* en 3 < 4.").warnings
