"""No address and no token reaches a log: calls do not pass them, and what looks like one is taken out."""

from __future__ import annotations

import ast
import re

import pytest

from app.core.logs import clean, redact
from tests.rules.code import called, calls, everywhere, words

LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
LOGGERS = {"log", "logger", "logging"}
PRIVATE = {"address", "addresses", "email", "emails", "token", "tokens", "recipient", "recipients"}
PRIVATE |= {"typed", "canonical", "envelope", "masked", "secret", "password", "headers", "content"}
EVENT = re.compile(r"[a-z_]+(\.[a-z_]+)+")
PRINTS = ("app/cli", "app/main.py")  # a command answers on standard output


def faults(file: str, source: str) -> list[str]:
    """What is wrong with the log calls of a file."""
    found = []
    for call in calls(source):
        *owner, word = called(call).split(".")
        if owner and owner[-1].strip("_") in LOGGERS and word in LEVELS:
            found += [f"line {call.lineno}: {fault}" for fault in _of(call)]
        elif word == "print" and not file.startswith(PRINTS):
            found.append(f"line {call.lineno}: prints")
    return found


def _of(call: ast.Call) -> list[str]:
    found = []
    first = call.args[0] if call.args else None
    if not (isinstance(first, ast.Constant) and EVENT.fullmatch(str(first.value))):
        found.append("the event is not a fixed word such as 'post.refused'")
    if len(call.args) > 1:
        found.append("values go in named fields")
    named = {each.arg or "**" for each in call.keywords}
    used = named.union(*(words(each.value) for each in call.keywords))
    parts = {part for each in used for part in each.split("_")}
    return found + [f"passes {each}" for each in sorted(parts & PRIVATE)]


def test_no_log_call_passes_what_is_private() -> None:
    assert not everywhere(faults)


@pytest.mark.parametrize(
    "code",
    [
        'log.info("mail.sent", address=address)',
        'log.info("mail.sent", to=row.address)',
        'log.info("mail.sent", to=mail.recipient_name)',
        'log.info("link.used", link=str(token))',
        'log.info(f"mail.sent.{number}")',
        'log.warning("mail sent", number=1)',
        'log.info("mail.sent to %s", number)',
        "self._log.error(event, number=1)",
        'logging.info("mail.sent", to=envelope)',
        "print(1)",
    ],
)
def test_a_call_that_does_is_found(code: str) -> None:
    assert faults("app/features/confirm.py", code)


def test_a_call_with_numbers_and_words_is_accepted() -> None:
    code = 'log.info("mail.refused", mail=str(mail.id), code=reply.code, trouble=type(trouble).__name__)'
    assert not faults("app/features/confirm.py", code)


ADDRESSES = [
    "dana@example.org",
    "Dana.De-Vries+tag@sub.example.co.uk",
    "dána@bücher.example",
    "dana@xn--bcher-kva.example",
    "o'brien@example.org",
    "dana%40example.org",
    "dana=40example.org",
    "<dana@example.org>:",
    '"quoted"@example.org',
    "dana@[192.0.2.1]",
    "DANA@EXAMPLE.ORG",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("around", ["{}", "550 5.1.1 <{}>: unknown", "to={}, again", "('{}',)", "x {} y {}"])
def test_an_address_is_taken_out_of_any_text(address: str, around: str) -> None:
    cleaned = clean(around.format(address, address))
    assert "example" not in cleaned.casefold()
    assert "192.0.2.1" not in cleaned
    assert "[address]" in cleaned


def test_a_token_is_taken_out_wherever_it_stands() -> None:
    token = "AbC-_9" * 9 + "xy"
    assert clean(f"GET /afmelden/{token} 200") == "GET /afmelden/[token] 200"


def test_ordinary_words_stay() -> None:
    text = "relay.trouble 421 4.3.2 at rcpt, issue 7f0c2b1e-0000-4000-8000-000000000000"
    assert clean(text) == text


def test_fields_are_cleaned_however_deep_they_are() -> None:
    entry = {"event": "x.y", "deep": [{"a": ("dana@example.org", b"dana@example.org")}], "n": 3}
    assert redact(None, "info", entry) == {"event": "x.y", "deep": [{"a": ["[address]", "[bytes]"]}], "n": 3}
