"""What can be told of a newsletter: the same words when it is added and when it is changed."""

from __future__ import annotations

from typing import Any, Final

import typer

from app.cli import forms


def _option(read: Any, metavar: str, about: str, name: str = "") -> Any:
    return typer.Option(*filter(None, [name]), parser=read, metavar=metavar, help=about)


TITLE: Final = _option(forms.line, "TITLE", "Its name for readers.")
SENDER: Final = _option(forms.sender, "SENDER", "'Name <address>' it comes from.", "--sender")
LANGUAGE: Final = typer.Option(help="Its main language.")
CADENCE: Final = _option(
    forms.cadence,
    "MOMENT",
    "When it goes out: 'first tuesday 10:00', 'day 15 09:00' or 'first workday 09:00', "
    "Amsterdam time. Without it every issue is scheduled by hand.",
    "--cadence",
)
PACE: Final = _option(forms.pace, "N/s", "Messages a second, or: unlimited.", "--pace")
REPLY_TO: Final = _option(forms.answers, "ADDRESS", "Where answers go.")
CONTROLLER: Final = _option(forms.detail, "TEXT", "Who is responsible for the data.")
DPO: Final = _option(forms.detail, "TEXT", "The data protection officer.")
PRIVACY_CONTACT: Final = _option(forms.answers, "ADDRESS", "Where to ask about privacy.")
POSTAL_ADDRESS: Final = _option(forms.detail, "TEXT", "The sender's postal address.")
PROCESSOR: Final = _option(forms.detail, "TEXT", "Who sends and hosts on behalf of it.")
