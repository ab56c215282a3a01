"""What had better be put right in a manuscript is a warning with its line, and keeps nothing out."""

from __future__ import annotations

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
