"""Brings in a list of people who said yes elsewhere, with the evidence of every yes; mails nobody.

Who asked for no mail stays out, and so does who left after the yes that the list has. What is told of
a line is its number and a reason, never its address. Brought in twice, a list is as if it were once.
Read `lines` (what a list looks like), `known` (who stays out), `take` (what is written); and for a list
that comes by a page, `hand` (it waits, sealed) and `decide` (a second person does).
"""

from __future__ import annotations

from app.features.intake.decide import Alone, carry_on, refuse, release
from app.features.intake.hand import MOST_LINES, MOST_OCTETS, Found, TooLong, hand_in, look
from app.features.intake.lines import Kept, Line, NoList, Why, read
from app.features.intake.take import Desk, Tally, bring_in

__all__ = [
    "MOST_LINES",
    "MOST_OCTETS",
    "Alone",
    "Desk",
    "Found",
    "Kept",
    "Line",
    "NoList",
    "Tally",
    "TooLong",
    "Why",
    "bring_in",
    "carry_on",
    "hand_in",
    "look",
    "read",
    "refuse",
    "release",
]
