"""`bode bench`: what this machine can send, measured with the real sender and a mail server of its own.

Read in this order: `command` (what is asked and told), `place` (a house that is only there for this),
`run` (one issue, sent and measured), `used` (what a process took).
"""

from __future__ import annotations

from app.cli.bench.command import add

__all__ = ["add"]
