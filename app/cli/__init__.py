"""`bode`: what an operator may do on a command line; one command calls one feature.

Every command ends with 0 (done), 1 (refused or failed, with the reason on standard error) or 2 (the
words were wrong); `returned`, which mail servers call, also with 75 (try again later). Its `--help` is its
manual; `--json` answers in a form for scripts. Read `program` (which commands there are), then `door` (how
each comes in and goes out).
"""

from __future__ import annotations

from app.cli.program import build, main

__all__ = ["build", "main"]
