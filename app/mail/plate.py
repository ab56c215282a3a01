"""An approved letter made ready for the wire once, so that each reader costs a few look-ups and one copy.

What is the same for all readers of an issue (also its date) is one piece here, with dots doubled and
line ends checked; a reader's own values can change none of that (`compiled.SHAPES`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.mail.compiled import CRLF, Compiled, Gap, Woven, check
from app.mail.dkim import Prepared, Signer
from app.mail.smtp import stuff


@dataclass(frozen=True, slots=True, repr=False)
class Plate:
    """One language of an issue."""

    blank: list[bytes]  # the letter as it goes over the wire, with nothing where a gap is
    places: tuple[tuple[int, Gap], ...]  # where in `blank` each gap's value goes
    needs: frozenset[Gap]
    fixed: dict[Gap, bytes]  # what is the same for all readers
    octets: int  # of the letter without the values
    prepared: Prepared | None  # without it the relay signs

    def fill(self, values: Mapping[Gap, bytes], now: datetime) -> tuple[list[bytes], int]:
        """One reader's letter, ready for the wire, and its size before dots were doubled.

        `now` is the moment that signatures name: the same for every try. Raises BadValue.
        """
        check(values, self.needs)
        chunks = self.blank.copy()
        octets = self.octets
        for place, gap in self.places:
            chunks[place] = values[gap]
            octets += len(values[gap])
        if self.prepared is None:
            return chunks, octets
        signatures = self.prepared.sign({**self.fixed, **values}, now)
        return [*signatures, *chunks], octets + sum(map(len, signatures))


def make(compiled: Compiled, fixed: Mapping[Gap, bytes], signer: Signer | None) -> Plate:
    """Do once what is the same for every reader; raises Refused when it cannot be signed."""
    check(fixed, frozenset(fixed))
    whole = _with(compiled.head + Woven((CRLF,)) + compiled.body, fixed)
    blank = [b""] * (2 * len(whole.gaps) + 1)
    blank[::2] = _stuffed(whole)
    places = tuple((2 * at + 1, gap) for at, gap in enumerate(whole.gaps))
    octets = sum(map(len, whole.pieces))
    prepared = signer.prepare(compiled) if signer else None
    return Plate(blank, places, frozenset(whole.gaps), dict(fixed), octets, prepared)


def _with(woven: Woven, fixed: Mapping[Gap, bytes]) -> Woven:
    """The same with some gaps filled for good."""
    pieces, gaps = [woven.pieces[0]], []
    for gap, piece in zip(woven.gaps, woven.pieces[1:], strict=True):
        if gap in fixed:
            pieces[-1] += fixed[gap] + piece
        else:
            gaps.append(gap)
            pieces.append(piece)
    return Woven(tuple(pieces), tuple(gaps))


def _stuffed(woven: Woven) -> list[bytes]:
    """Double the dots around gaps that no value can reach across: none begins with a dot or a line."""
    mark = b"\xff"  # never in a letter: all is ASCII or UTF-8
    stuffed = b"".join(stuff([mark.join(woven.pieces)]))
    return stuffed.split(mark)
