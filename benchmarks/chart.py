"""Draws measured ratios as bars, in a small SVG that screen readers can read too."""

from __future__ import annotations

from html import escape
from typing import Any

WIDTH, LEFT, ROW, BAR, TOP = 780, 290, 34, 20, 56  # pixels
FULL = 420  # pixels for a ratio of 1
STYLE = (
    "text{font:14px sans-serif;fill:#1b2a2f}.l{font-size:13px}.b{fill:#1f5c4d}"
    ".g{stroke:#8a9a9f;stroke-dasharray:4 4}"
    "@media(prefers-color-scheme:dark){text{fill:#e8eeee}.b{fill:#6cc3a7}}"
)
ROWS = (
    ("unsigned", "bode", "unsigned / smtp-source"),
    ("unsigned", "bode, two processes", "unsigned, two processes / smtp-source"),
    ("unsigned", "plain script", "plain script / smtp-source"),
    ("signed", "bode, rsa", "RSA-2048 / openssl speed"),
    ("signed", "bode, rsa and ed25519", "RSA and Ed25519 / openssl speed"),
    ("signed", "plain script, dkimpy", "plain script, dkimpy / openssl speed"),
    ("far", "bode", "20 ms away / one round trip a message"),
)


def draw(found: dict[str, dict[str, Any]]) -> str:
    """The chart of what was measured."""
    rows = [(text, found[part][who]["ratio"]) for part, who, text in ROWS if part in found]
    height = TOP + ROW * len(rows) + 10
    told = "; ".join(f"{text}: {ratio:.2f}" for text, ratio in rows)
    bars = "".join(_bar(at, text, ratio) for at, (text, ratio) in enumerate(rows))
    line = LEFT + FULL
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="t d"><title id="t">Messages a second, as a share of the best there is</title>'
        f'<desc id="d">{escape(told)}</desc><style>{STYLE}</style>'
        f'<text x="10" y="24">Messages a second, as a share of what stands behind the /</text>'
        f'<line class="g" x1="{line}" x2="{line}" y1="34" y2="{height - 6}"/>'
        f'<text x="{line}" y="48" text-anchor="middle">1.0</text>{bars}</svg>\n'
    )


def _bar(at: int, text: str, ratio: float) -> str:
    y = TOP + ROW * at
    wide = max(1, round(min(ratio, 1.1) * FULL))
    return (
        f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end" class="l">{escape(text)}</text>'
        f'<rect class="b" x="{LEFT}" y="{y}" width="{wide}" height="{BAR}"/>'
        f'<text x="{LEFT + wide + 6}" y="{y + 15}">{ratio:.2f}</text>'
    )
