"""The wire to the mail relay: how finished letters leave, and what is known of each one's fate.

Read in this order: `relay` (where to), `replies` (what a server can say), `envelope` (what is asked of
it), `line` (what a sender sees), `opening` (how a connection is made), `connection` (the conversation,
with `asking` for its steps), `wire` (bytes and clocks).

Easy to get wrong: once a server has said 354 it takes whatever comes next, also nothing, for a letter.
From there on a connection is either given a whole letter or cut off; it is never closed politely.
"""

from __future__ import annotations

from app.mail.smtp.connection import Connection
from app.mail.smtp.envelope import BadEnvelope, Envelope, stuff
from app.mail.smtp.line import Heard, Line
from app.mail.smtp.opening import connect
from app.mail.smtp.relay import BadRelay, Relay
from app.mail.smtp.replies import Reason, Reply, Stage, Trouble
from app.mail.smtp.wire import Timeouts

__all__ = [
    "BadEnvelope",
    "BadRelay",
    "Connection",
    "Envelope",
    "Heard",
    "Line",
    "Reason",
    "Relay",
    "Reply",
    "Stage",
    "Timeouts",
    "Trouble",
    "connect",
    "stuff",
]
