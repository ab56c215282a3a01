"""Brings in a list of people who said yes elsewhere, with the evidence of every yes; mails nobody.

Who asked for no mail stays out, and so does who left after the yes that the list has. What is told of
a line is its number and a reason, never its address. Brought in twice, a list is as if it were once.
Read `lines` (what a list looks like), `known` (who stays out), `take` (what is written).
"""

from __future__ import annotations

from app.features.intake.lines import Kept, Line, Why, read
from app.features.intake.take import Desk, Tally, bring_in

__all__ = ["Desk", "Kept", "Line", "Tally", "Why", "bring_in", "read"]
