"""How a newsletter is shown: for a script, and what a person still has to fill in."""

from __future__ import annotations

from typing import Any

from app.domain.newsletter import Newsletter


def described(letter: Newsletter) -> dict[str, Any]:
    """What a script may want to know of a newsletter."""
    return {
        "id": str(letter.id),
        "slug": letter.slug,
        "title": letter.title,
        "language": letter.language,
        "cadence": letter.cadence,
        "pace": letter.pace,
        "unfilled": letter.unfilled,
    }


def lacking(letter: Newsletter) -> str:
    """What readers must be told and nobody has filled in yet, with how; nothing when all is there."""
    if not letter.unfilled:
        return ""
    options = ", ".join(f"--{name.replace('_', '-')}" for name in letter.unfilled)
    return (
        f"\nits privacy statement still lacks: {options}\nfill them in: bode newsletter change {letter.slug}"
    )
