"""A colleague approves an issue: what is stored then is, byte for byte, what every reader gets.

The approver is never the author. The mail is compiled once per language, with gaps for what differs
between readers; an edit afterwards takes the approval and its bytes away (promise 9). What would hurt
readers blocks the approval.

Read in this order: `compiling` (an issue becomes bytes), `checking` (what had better be put right, or
must be), `steps` (asking, approving, sending back), `following` (whether its links work), `seeing` (whether
everybody can read it), `trying` (a test mail).
"""

from __future__ import annotations

from app.features.approve.checking import check
from app.features.approve.compiling import press, proof
from app.features.approve.steps import Changed, Desk, approve, ask, send_back, submit
from app.features.approve.trying import attempt

__all__ = ["Changed", "Desk", "approve", "ask", "attempt", "check", "press", "proof", "send_back", "submit"]
