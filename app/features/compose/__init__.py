"""An editor writes an issue, in the browser or in a file; any change takes its approval away (promise 9).

Read in this order: `reopen` (when an issue may be changed), `desk` (writing in the browser), `monthly` (a
draft that stands ready), `bring` (an issue from a Markdown file), `correct` (what was wrong in one that went
out), `pictures` (what travels with it), `tray` (copy that partners sent in).
"""

from __future__ import annotations

from app.features.compose import pictures
from app.features.compose.bring import begin, write
from app.features.compose.correct import correct, correctable
from app.features.compose.desk import Meanwhile, add, drop, give_way, go_back, save, start
from app.features.compose.monthly import ready
from app.features.compose.reopen import changeable, reopen
from app.features.compose.tray import set_aside, take

__all__ = [
    "Meanwhile",
    "add",
    "begin",
    "changeable",
    "correct",
    "correctable",
    "drop",
    "give_way",
    "go_back",
    "pictures",
    "ready",
    "reopen",
    "save",
    "set_aside",
    "start",
    "take",
    "write",
]
