"""What a line of the trail is about and why it was done, in the words of who reads the page.

On record, and in the file that is saved, stand short codes and forms; a page tells them in its language. A
name, a number or a moment stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

from app.domain import LEDGER, MAIN
from app.domain.audit import Event, Record
from app.domain.newsletter import Newsletter
from app.web.staff import rooms
from app.web.staff.issue.words import Say, states

BETWEEN: Final = re.compile(r"(, |; )")
FIELD: Final = re.compile(r"%\((\w+)\)s")
SHAPES: Final = {
    "count": r"\d+",
    "whole": r"\d+",
    "word": "[a-z_]+",
    "language": "nl|en",
    "work": "writing|approval|request|notice",
    "reply": r"\d{3}(?: [\d.]+)?",
    "day": r"\d{4}-\d\d-\d\d",
    "last": r"\d{4}-\d\d-\d\d",
}
TOLD: Final = ("word", "language", "work")  # what is a code again
NAMED: Final = ".+"  # a name or number of something
TABLE: Final = re.compile(r"([a-z_]+) (\d+)")


class Words:
    """The trail in one language."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._codes = {**_requests(say), **_rights(say), **_breaches(say), **_issues(say), **_house(say)}
        forms = _reasons(say) | _figures(say) | _abouts(say)
        self._forms = [(_pattern(form), said) for form, said in forms.items()]

    def about(self, row: Record) -> str:
        """What it is about."""
        return self._say("a backup") if row.about == "backup" else self._told(row.about)

    def reason(self, row: Record) -> str:
        """Why, or what more there is to say."""
        if row.event == Event.RETENTION_RUN:
            return ", ".join(map(self._counted, row.reason.split(", ")))
        if row.event == Event.NEWSLETTER_CHANGED:
            return self._field(row.reason)
        return self._told(row.reason)

    def who(self, actor: str) -> str:
        """Nobody of the staff, in words; a colleague is called by name."""
        return {"service": self._say("the service itself"), "reader": self._say("a reader")}.get(actor, actor)

    def _told(self, text: str) -> str:
        return "".join(each if BETWEEN.fullmatch(each) else self._part(each) for each in BETWEEN.split(text))

    def _part(self, text: str) -> str:
        if text in self._codes:
            return self._codes[text]
        for pattern, said in self._forms:
            if found := pattern.fullmatch(text):
                values = found.groupdict()
                return said % {name: self._value(name, value) for name, value in values.items()}
        return text

    def _value(self, name: str, value: str) -> str:
        code = f"{name}-{value}" if name == "work" else value
        return self._codes.get(code, value) if name in TOLD else value

    def _counted(self, text: str) -> str:
        """How many rows of a table; the last one may be cut off."""
        found = TABLE.fullmatch(text)
        if found is None or (table := {**MAIN.tables, **LEDGER.tables}.get(found[1])) is None:
            return text
        return f"{self._say(table.info['kept'].what)}: {found[2]}"

    def _field(self, name: str) -> str:
        columns = Newsletter.__table__.columns
        return self._say(columns[name].info["held"].why) if name in columns else name


def _pattern(form: str) -> re.Pattern[str]:
    pieces = FIELD.split(form)
    fields = [f"(?P<{name}>{SHAPES.get(name, NAMED)})" for name in pieces[1::2]]
    return re.compile("".join(map("".join, zip(map(re.escape, pieces[::2]), [*fields, ""], strict=True))))


def _abouts(say: Say) -> dict[str, str]:
    return {
        "request %(id)s": say("request %(id)s"),
        "issue %(id)s": say("issue %(id)s"),
        "staff %(id)s": say("account %(id)s"),
        "newsletter %(id)s": say("newsletter %(id)s"),
        "breach %(id)s": say("data breach %(id)s"),
        "case %(id)s": say("case %(id)s"),
        "key %(id)s": say("key %(id)s"),
        "copy link %(id)s": say("link for copy %(id)s"),
        "copy %(id)s": say("copy %(id)s"),
        "%(count)s records": say("%(count)s lines"),
        "%(count)s accounts": say("accounts: %(count)s"),
        "%(count)s put back": say("put back: %(count)s"),
        "%(count)s lost": say("lost: %(count)s"),
        "%(count)s copied": say("copied: %(count)s"),
    }


def _reasons(say: Say) -> dict[str, str]:
    return {
        "answer by %(word)s": say("the answer goes %(word)s"),
        "answered by %(word)s": say("answered %(word)s"),
        "told by %(word)s": say("told %(word)s"),
        "told once more by %(word)s": say("told once more, %(word)s"),
        "the mail did not arrive: %(word)s": say("did not arrive: %(word)s"),
        "stood still %(count)s days": say("days that the term stood still: %(count)s"),
        "%(count)s days left": say("days left: %(count)s"),
        "-%(count)s days left": say("days too late: %(count)s"),
        "%(count)s hours left": say("hours left: %(count)s"),
        "-%(count)s hours left": say("hours too late: %(count)s"),
        "keys %(word)s": say("keys came out: %(word)s"),
        "risk %(word)s": say("risk: %(word)s"),
        "%(count)s newsletters": say("newsletters: %(count)s"),
        "of newsletter %(id)s": say("of newsletter %(id)s"),
    }


def _figures(say: Say) -> dict[str, str]:
    """Of issues, accounts, lists and keys."""
    return {
        "of issue %(count)s": say("of issue %(count)s"),
        "%(language)s %(count)s": say("%(language)s, version %(count)s"),
        "%(count)s grave": say("grave: %(count)s"),
        "%(count)s lighter": say("lighter: %(count)s"),
        "%(language)s added": say("%(language)s begun"),
        "%(language)s removed": say("%(language)s taken away"),
        "picture %(id)s removed": say("picture %(id)s taken away"),
        "picture %(id)s": say("picture %(id)s"),
        "slot %(id)s": say("in the month's place %(id)s"),
        "now %(word)s": say("now: %(word)s"),
        "%(reply)s at %(word)s": say("the mail server answered %(reply)s"),
        "%(count)s of %(whole)s were refused for good": say("refused for good: %(count)s of %(whole)s"),
        "%(count)s of %(whole)s readers complained": say("readers who complained: %(count)s of %(whole)s"),
        "to %(count)s": say("to colleagues: %(count)s"),
        "sha256 %(id)s": say("hash %(id)s"),
        "%(count)s links": say("links: %(count)s"),
        "as %(id)s": say("as %(id)s"),
        "%(count)s who missed it": say("who missed it: %(count)s"),
        "%(count)s of them in doubt": say("of them in doubt: %(count)s"),
        "%(day)s to %(last)s": say("%(day)s until %(last)s"),
        "%(work)s to %(id)s": say("%(work)s, to %(id)s"),
        "%(count)s handed over": say("handed over: %(count)s"),
        "%(count)s left as they are": say("left as it is: %(count)s"),
        "until %(day)s": say("until %(day)s"),
        "link %(id)s": say("link %(id)s"),
        "%(count)s lines": say("%(count)s lines"),
        "added %(count)s": say("added: %(count)s"),
        "already %(count)s": say("there already: %(count)s"),
        "kept out %(count)s": say("kept out: %(count)s"),
        "moved %(count)s": say("moved: %(count)s"),
        "left %(count)s": say("still to do: %(count)s"),
    }


def _requests(say: Say) -> dict[str, str]:
    """What is asked, how, and by whom."""
    return {
        "access": say("See what is held (access)"),
        "correction": say("Correct data"),
        "erasure": say("Delete data"),
        "restriction": say("Keep data and not use it (restriction)"),
        "portability": say("Get data as a file"),
        "objection": say("Never get mail again (objection)"),
        "lift": say("Lift the block on an address"),
        "link": say("on their own page"),
        "letter": say("by letter"),
        "telephone": say("by telephone"),
        "mail": say("by mail"),
        "desk": say("at the desk"),
        "screen": say("on screen"),
        "button": say("pressed the button in a mail to the address"),
        "document": say("showed a document at the desk; no copy was made"),
        "called_back": say("called back on a number that was known already"),
        "representative": say("a representative with a written mandate"),
        "lost_mailbox": say("the mailbox went with the office; the organisation confirmed who it was"),
    }


def _rights(say: Say) -> dict[str, str]:
    """Of how requests go, look-ups and erasing."""
    return {
        "not_identified": say("Nobody showed that it is them (Art. 12(6))"),
        "unfounded": say("Plainly without ground (Art. 12(5))"),
        "excessive": say("The same again and again (Art. 12(5))"),
        "legal_duty": say("A law says that it must be kept (Art. 17(3)(b))"),
        "claims": say("Needed for a legal claim (Art. 17(3)(e))"),
        "others": say("It would harm somebody else (Art. 15(4), 20(4))"),
        "complex": say("The request is complex"),
        "many": say("There are many requests at once"),
        "identity": say("the mail that asks who it is"),
        "extended": say("the word that it takes longer"),
        "the term stands still": say("the term stands still"),
        "the term runs on": say("the term runs on"),
        "mailed once more": say("mailed once more"),
        "the answer did not arrive": say("the answer did not arrive"),
        "the answer could not be delivered": say("the answer could not be delivered"),
        "withdrawn": say("withdrawn"),
        "overtaken by an erasure": say("ended, because the person was deleted first"),
        "by their own link": say("by their own link"),
        "with an erasure": say("together with deleting"),
        "withdrawn behind the mailed link": say("withdrawn behind the mailed link"),
        "request": say("A privacy request of this person"),
        "question": say("This person asks about their subscription"),
        "delivery": say("The newsletter does not arrive"),
        "complaint": say("A complaint"),
        "incident": say("To find out whom a data breach reached"),
        "final": say("for good"),
        "accepted": say("accepted"),
        "the ledger follows": say("the ledger follows"),
        "left": say("signed off"),
    }


def _breaches(say: Say) -> dict[str, str]:
    return {
        "sent_wrong": say("A mail or file went to who should not have it"),
        "intrusion": say("Somebody got into a system or an account"),
        "backup": say("A backup or other copy was lost or taken"),
        "device": say("A computer, phone or disk was lost or taken"),
        "inside": say("Somebody of ours looked at data or used them without need"),
        "lost": say("Data are gone or cannot be reached"),
        "other": say("Something else"),
        "yes": say("yes"),
        "no": say("no"),
        "unknown": say("not known"),
        "unlikely": say("no risk is likely"),
        "likely": say("a risk"),
        "high": say("a high risk"),
        "in time": say("in time"),
        "unclear": say("It first had to be found out whether it was a breach"),
        "processor": say("The processor told us late"),
        "people": say("Protecting people came first"),
        "missed": say("Nobody was there in time"),
        "suspect_mail": say("Do not trust a mail that asks for money, a password or a code"),
        "report_threats": say("What to do when you are threatened"),
        "own_security": say("Tell who looks after security in your organisation"),
        "nothing_needed": say("You need not do anything"),
    }


def _issues(say: Say) -> dict[str, str]:
    return {
        **{str(state): called for state, called in states(say).items()},
        "safety": say("it puts somebody in danger"),
        "person": say("it says more about somebody than it may"),
        "rights": say("the text or picture is somebody else's"),
        "order": say("a court or an authority says so"),
        "wrong": say("it is not true"),
        "by hand": say("by hand"),
        "now": say("at once"),
        "restored": say("a backup was put back"),
        "silence": say("the service stood still for long"),
        "late": say("more than a day too late"),
        "connections are lost after the letter": say("connections are lost with a mail under way"),
        "wrote in it": say("wrote in it"),
        "no other approver": say("no other approver"),
        "by command": say("by command"),
        "not looked at": say("nobody had looked at all of it"),
        "recess": say("recess: the councils are on holiday"),
        "no news": say("there is no news"),
        "merged": say("together with the month before or after"),
        "nl": say("Dutch"),
        "en": say("English"),
    }


def _house(say: Say) -> dict[str, str]:
    """Of accounts, lists, work and drills."""
    return {
        **{str(role): called for role, called in rooms.titles(say).items()},
        "invited": say("a new account"),
        "password": say("a new password"),
        "factor": say("a new second factor"),
        "linked": say("linked"),
        "not linked": say("not linked"),
        "identity provider": say("through the organisation's own sign-in"),
        "dry run": say("a dry run"),
        "taken back": say("taken back"),
        "refused": say("refused"),
        "work-writing": say("issues being written"),
        "work-approval": say("issues that were approved"),
        "work-request": say("privacy requests"),
        "work-notice": say("notices of a data breach"),
        "passed": say("it worked"),
        "failed": say("it failed"),
    }
