"""Where an issue is and what happens next, in words for who works on it."""

from __future__ import annotations

from collections.abc import Callable

from app.domain.issue import ENDED, Issue, State
from app.domain.problem import Problem

Say = Callable[[str], str]


def states(say: Say) -> dict[State, str]:
    """What each state is called."""
    return {
        State.DRAFT: say("being written"),
        State.IN_REVIEW: say("waiting for approval"),
        State.APPROVED: say("approved, no date yet"),
        State.SCHEDULED: say("approved, goes out by itself"),
        State.SENDING: say("going out now"),
        State.PAUSED: say("stopped while going out"),
        State.SENT: say("sent"),
        State.CANCELLED: say("cancelled"),
        State.HELD: say("on hold"),
    }


def languages(say: Say) -> dict[str, str]:
    """What the languages are called in a sentence; who chooses one sees its own name for itself."""
    return {"nl": say("Dutch"), "en": say("English")}


def capital(text: str) -> str:
    """The same where it stands by itself, and not in a sentence."""
    return text[:1].upper() + text[1:]


def following(issue: Issue, say: Say) -> str:
    """What somebody has to do next, or that nobody has to do anything."""
    if issue.notice and issue.state not in ENDED:
        return say("You need do nothing: a privacy officer decides about the notice of a data breach.")
    if issue.state == State.SENT and issue.given_up:
        return say(
            "Not everybody got it: under Follow you see how many. The operator can send it to them again."
        )
    return {
        State.DRAFT: say("Finish writing, then ask a colleague to approve it."),
        State.IN_REVIEW: say("A colleague who did not write it reads it and approves it."),
        State.APPROVED: say("Choose when it goes out."),
        State.SCHEDULED: say(
            "You need do nothing: it goes out at its time. Until then it can be taken back."
        ),
        State.SENDING: say("You need do nothing: it is on its way. It can be stopped."),
        State.PAUSED: say("Find out why it stopped, then let it go on or cancel it."),
        State.SENT: say("You need do nothing: everybody was served."),
        State.CANCELLED: say("You need do nothing: it goes to nobody any more."),
        State.HELD: say("Nothing leaves. Look why it is on hold, then let it go on or cancel it."),
    }[State(issue.state)]


def kinds(say: Say) -> dict[str, str]:
    """What each kind of block is called, in the order in which they are offered."""
    return {
        "heading": say("Heading"),
        "text": say("Text"),
        "article": say("Article"),
        "event": say("Event"),
        "picture": say("Picture"),
        "call": say("Button"),
        "divider": say("Line"),
    }


def fields(say: Say) -> dict[str, str]:
    """What the fields of the form are called."""
    return {
        "subject": say("Subject"),
        "preheader": say("Text beside the subject"),
        "intro": say("Introduction"),
        "text": say("Text"),
        "level": say("Size"),
        "markdown": say("Text"),
        "title": say("Title"),
        "summary": say("Summary"),
        "link": say("Link"),
        "link_text": say("Text of the link"),
        "starts_on": say("Day"),
        "starts_at": say("From"),
        "ends_at": say("Until"),
        "place": say("Place"),
        "image": say("Picture"),
        "alt": say("What the picture shows"),
        "decorative": say("Only decorates"),
    }


def told(problem: Problem, say: Say) -> str:
    """What to do about it, in the words of the form where the words of a file do not fit."""
    ours = {
        "picture_text": say("Write what the picture shows, or tick that it only decorates; not both."),
        "heading_inside": say("A heading cannot stand inside a text. Add a block for it."),
        "picture_inside": say("A picture cannot stand inside a text. Add a block for it."),
    }
    return ours.get(problem.code) or problem.say(say)


def guises(say: Say) -> dict[str, str]:
    """In which ways the mail can be looked at, the first one to begin with."""
    return {
        "phone": say("Phone"),
        "desk": say("Desktop"),
        "dark": say("Dark"),
        "off": say("Without pictures"),
        "text": say("Text only"),
    }


def weights(say: Say) -> dict[str, str]:
    """The parts of a mail that are weighed."""
    return {"pictures": say("Pictures"), "html": say("Text with its form"), "whole": say("The whole mail")}
