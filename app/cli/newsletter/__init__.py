"""`bode newsletter`: add a newsletter, change what it says of itself, see which there are.

Read in this order: `options` (what can be given), `words` (how a newsletter is shown), `add`, `change`,
`look`.
"""

from __future__ import annotations

import typer

from app.cli.newsletter import add, change, look
from app.cli.newsletter.add import create

app = typer.Typer(
    help="Newsletters: add one, change one, list them.", no_args_is_help=True, rich_markup_mode=None
)
for each in (add, change, look):
    each.add(app)

__all__ = ["app", "create"]
