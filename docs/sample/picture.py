"""Draws the picture of the sample issue: the seats of a council chamber, seen from above.

Run it as `python docs/sample/picture.py`; it writes `raadzaal.png` beside itself, the same bytes
every time.
"""

# a program to run, not a package

from __future__ import annotations

from math import cos, pi, sin
from pathlib import Path

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1152, 480  # twice the width at which a mail shows it, for sharp screens
FINER = 4  # drawn larger and made smaller, for smooth edges
COLOURS = 16  # flat colours compress well: a few kilobytes
PAPER, SEAT, SPEAKER, TABLE = "#e3eee9", "#1f5c4d", "#b4562b", "#8fb5a7"

ROWS = ((170, 9), (240, 13), (310, 17), (380, 21))  # radius and number of seats
MIDDLE = (WIDTH // 2, HEIGHT - 50)


def dot(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: str) -> None:
    box = [FINER * edge for edge in (x - radius, y - radius, x + radius, y + radius)]
    draw.ellipse(box, fill=colour)


def chamber() -> Image.Image:
    image = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), PAPER)
    draw = ImageDraw.Draw(image)
    x, y = MIDDLE
    draw.pieslice([FINER * edge for edge in (x - 105, y - 105, x + 105, y + 105)], 180, 360, fill=TABLE)
    for radius, seats in ROWS:
        for seat in range(seats):
            angle = pi * (0.06 + 0.88 * seat / (seats - 1))
            dot(draw, x - radius * cos(angle), y - radius * sin(angle), 18, SEAT)
    dot(draw, x, y - 48, 24, SPEAKER)
    return image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).quantize(
        COLOURS, Image.Quantize.MAXCOVERAGE
    )


if __name__ == "__main__":
    chamber().save(Path(__file__).with_name("raadzaal.png"), optimize=True)
