"""Two ways to work at a page: with the mouse, and with nothing but a keyboard.

By keyboard there is no click and no focus from a script: what is wanted is reached with Tab, and at each
stop one must see where one is.
"""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Page

STOPS_MOST = 250  # presses of Tab: more than any page has; who needs more is trapped
PARTS = 3  # of a day or an hour, each with a place of its own
RING_LEAST = 2  # pixels of an outline (WCAG 2.4.13)

# Where the focus is: whether that is what is wanted, on which side it lies, and whether one sees it.
STOP = """([wanted, least]) => {
  const here = document.activeElement;
  const goal = document.querySelector(wanted);
  if (here === goal || (here !== document.body && here.matches(wanted))) {
    return { there: true, wrong: wrong(here) };
  }
  const before = goal && here.compareDocumentPosition(goal) & Node.DOCUMENT_POSITION_PRECEDING;
  return { there: false, back: Boolean(before), known: Boolean(goal), wrong: wrong(here) };

  function wrong(one) {
    if (one === document.body || one.tagName === "IFRAME") {
      return ""; // nowhere yet, or in a frame that shows it by itself
    }
    const name = one.outerHTML.slice(0, 120);
    const style = getComputedStyle(one);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= least;
    if (!ring) {
      return `no ring around ${name}`;
    }
    const box = one.getClientRects()[0] ?? new DOMRect(-1, -1);
    const x = middle(box.left, box.right, innerWidth);
    const seen = document.elementFromPoint(x, middle(box.top, box.bottom, innerHeight));
    return seen && (one.contains(seen) || seen.contains(one)) ? "" : `hidden: ${name}`;
  }

  function middle(from, to, end) {
    return (Math.max(0, from) + Math.min(end, to)) / 2;
  }
}"""

GROUP = """one => one.type === "radio" ? `input[type=radio][name="${one.name}"]` : "" """


class Hands(Protocol):
    """What a person does at a page; things are named as a style sheet names them."""

    def write(self, field: str, text: str) -> None:
        """Put a text in a field, in place of what is there."""

    def press(self, button: str) -> None:
        """Press a button or follow a link, and wait for what comes."""

    def unfold(self, summary: str) -> None:
        """Open what is folded."""

    def tick(self, box: str) -> None:
        """Tick a box."""

    def take(self, field: str, file: Path) -> None:
        """Choose a file."""

    def plan(self, day: str, on: date, hour: str, at: time) -> None:
        """Fill in a day and an hour."""


class Mouse:
    """Somebody who points."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def write(self, field: str, text: str) -> None:
        self.page.fill(field, text)

    def press(self, button: str) -> None:
        with self.page.expect_event("framenavigated", lambda frame: frame == self.page.main_frame):
            self.page.locator(button).first.click()
        self.page.wait_for_load_state()

    def unfold(self, summary: str) -> None:
        self.page.locator(summary).first.click()

    def tick(self, box: str) -> None:
        self.page.check(box)

    def take(self, field: str, file: Path) -> None:
        self.page.set_input_files(field, file)

    def plan(self, day: str, on: date, hour: str, at: time) -> None:
        self.page.fill(day, on.isoformat())
        self.page.fill(hour, at.isoformat("minutes"))


class Keyboard:
    """Somebody who has nothing but keys."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys = page, page.keyboard

    def reach(self, wanted: str) -> None:
        """Go there with Tab, or back with Shift and Tab; at each stop the focus is seen."""
        for _ in range(STOPS_MOST):
            stop: dict[str, Any] = self.page.evaluate(STOP, [wanted, RING_LEAST])
            assert not stop["wrong"], stop["wrong"]
            if stop["there"]:
                return
            assert stop["known"], f"there is no {wanted} on {self.page.url}"
            self.keys.press("Shift+Tab" if stop["back"] else "Tab")
        raise AssertionError(f"{wanted} cannot be reached with Tab on {self.page.url}")

    def write(self, field: str, text: str) -> None:
        self.reach(field)
        self.keys.press("Control+A")
        self.keys.type(text)

    def press(self, button: str) -> None:
        self.reach(button)
        with self.page.expect_event("framenavigated", lambda frame: frame == self.page.main_frame):
            self.keys.press("Enter")
        self.page.wait_for_load_state()

    def unfold(self, summary: str) -> None:
        self.reach(summary)
        self.keys.press("Enter")

    def tick(self, box: str) -> None:
        """Tab comes to one of a group of choices; the arrows go on from there."""
        group = self.page.locator(box).evaluate(GROUP)
        self.reach(group or box)
        self.keys.press("Space")
        for _ in range(STOPS_MOST):
            if not group or self.page.is_checked(box):
                return
            self.keys.press("ArrowDown")
        raise AssertionError(f"{box} cannot be chosen with the arrows")

    def take(self, field: str, file: Path) -> None:
        self.reach(field)
        with self.page.expect_file_chooser() as chosen:  # the window itself is the system's
            self.keys.press("Space")
        chosen.value.set_files(file)

    def plan(self, day: str, on: date, hour: str, at: time) -> None:
        self._parts(day, on.isoformat(), (f"{on:%m%d%Y}", f"{on:%d%m%Y}"))
        self._parts(hour, at.isoformat("minutes"), (f"{at:%I%M%p}", f"{at:%H%M}"))

    def _parts(self, field: str, wanted: str, ways: tuple[str, str]) -> None:
        """Type a day or hour in the order that this browser asks for."""
        self.reach(field)
        for typed in ways:
            self.keys.type(typed)
            if self.page.input_value(field) == wanted:
                return
            for _ in range(PARTS):
                self.keys.press("ArrowLeft")
        raise AssertionError(f"{field} cannot be typed: {self.page.input_value(field)}")

    def walk(self) -> None:
        """From the first thing on the page to the last and back: nothing holds the focus."""
        self.reach("a.skip")
        self.reach(".foot-note a")
        self.reach("a.skip")
