"""`bode issue`: bring an issue in, have it approved, send it, and see how it went.

Read in this order: `words` (how an issue is shown), `bring`, `look`, `steps`,
`report` (how it goes), `watch` (while it goes).
"""

from __future__ import annotations

import typer

from app.cli.issue import bring, look, report, steps

app = typer.Typer(
    help="Issues: import, approve, schedule, send, and report.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
for each in (bring, look, steps, report):
    each.add(app)
