"""Whoever receives our mail can see that it is ours and unchanged, by a program that we did not write."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Refused
from app.mail.compiled import SHAPES, BadValue, Compiled, Gap, Woven, joined
from app.mail.dkim import Signer, canonical, sign
from tests.mail.letters import VALUES, compiled
from tests.mail.signed import EDWARDS, KEYS, NOW, RSA, signed, verdict, verdicts

GOOD, BAD = [True, True], [False, False]
OVERSIGNED = ["From", "To", "Subject", "Date", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post"]
SERVICE = (
    b"From: Nieuwsbrief <post@nieuwsbrief.example>\r\nTo: dana@voorbeeld.example\r\n"
    b"Subject: Nog een klik\r\nDate: Mon, 16 Nov 2026 10:00:00 +0100\r\n"
    b"Message-ID: <a1@nieuwsbrief.example>\r\nAuto-Submitted: auto-generated\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nBevestig hier.\r\n"
)


def tags(message, which=RSA):
    """The tags of a signature."""
    lines = re.findall(rb"^DKIM-Signature:((?:[^\r]|\r\n[ \t])*)\r\n", message, re.MULTILINE)
    words = re.sub(rb"\s", b"", lines[which]).decode().split(";")
    return dict(word.split("=", 1) for word in words)


def without(message, name):
    return re.sub(rb"(?m)^%b:(?:[^\r]|\r\n[ \t])*\r\n" % name.encode(), b"", message)


def test_both_signatures_of_an_issue_are_good():
    assert verdicts(signed()) == GOOD


def test_both_signatures_of_a_service_mail_are_good():
    assert verdicts(sign(SERVICE, KEYS, NOW)) == GOOD


def test_an_address_outside_ascii_is_signed_as_it_is():
    assert verdicts(signed(values={**VALUES, Gap.TO: "josé@voorbeeld.example".encode()})) == GOOD


def test_a_signature_says_what_it_should_and_nothing_more():
    own = tags(signed())
    assert own.keys() == {"v", "a", "c", "d", "s", "h", "t", "bh", "b"}
    assert (own["v"], own["a"], own["c"]) == ("1", "rsa-sha256", "relaxed/relaxed")
    assert (own["d"], own["s"], own["t"]) == ("nieuwsbrief.example", "bode-rsa-202611", "1794819600")
    other = tags(signed(), EDWARDS)
    assert (other["a"], other["d"], other["s"]) == ("ed25519-sha256", own["d"], "bode-ed-202611")


def test_every_header_that_is_there_is_signed_and_the_weighty_ones_once_more():
    further = "List-Help List-Subscribe List-Archive List-Post Feedback-ID Precedence Auto-Submitted".split()
    headers = [*((name, "NO") for name in further), ("X-Auto-Response-Suppress", "All"), ("List-Id", "<a.b>")]
    named = tags(signed(compiled(headers=(*headers, ("X-Other", "a")))))["h"].split(":")
    always = "from to subject date message-id reply-to mime-version content-type".split()
    once = [*always, *(name.lower() for name, _ in headers)]
    assert sorted(named) == sorted([*once, *(name.lower() for name in OVERSIGNED)])


@pytest.mark.parametrize("name", OVERSIGNED)
@pytest.mark.parametrize("message", [signed(), sign(SERVICE, KEYS, NOW)], ids=["issue", "service"])
def test_a_header_that_is_added_breaks_the_signature(message, name):
    added = name.encode() + b": <mailto:mallory@elsewhere.example>\r\n"
    assert verdicts(added + message) == BAD
    assert verdicts(message.replace(b"\r\n\r\n", b"\r\n" + added + b"\r\n", 1)) == BAD


@pytest.mark.parametrize("name", [*OVERSIGNED, "Message-ID", "MIME-Version", "Content-Type", "List-Id"])
def test_a_header_that_is_taken_away_breaks_the_signature(name):
    message = signed()
    assert without(message, name) != message
    assert verdicts(without(message, name)) == BAD


def test_every_changed_letter_of_headers_and_body_breaks_the_signature():
    message = signed()
    start = message.index(b"From:")
    seen = [at for at in range(start, len(message)) if message[at : at + 1].strip()]
    for at in seen:
        new = b"#" if message[at : at + 1] != b"#" else b"~"
        changed = message[:at] + new + message[at + 1 :]
        assert not verdict(changed, EDWARDS), message[at - 10 : at + 10]
        assert at % 10 or not verdict(changed, RSA)


def test_text_that_is_added_below_breaks_the_signature():
    assert verdicts(signed() + b"Klik hier\r\n") == BAD


def test_what_relays_do_to_a_mail_leaves_the_signature_good():
    message = signed()
    refolded = message.replace(b"Subject: Samen staan ", b"SUBJECT:   Samen\r\n\tstaan  ")
    assert refolded != message
    assert verdicts(b"Received: from a by b; today\r\nX-Spam: no\r\n" + refolded + b"\r\n\r\n") == GOOD


def test_no_line_of_a_signature_is_too_long():
    head = signed().partition(b"From:")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert head.endswith(b"\r\n")
    assert b"\n" not in head.replace(b"\r\n", b"")


def test_the_same_mail_is_signed_with_the_same_bytes_and_another_moment_shows():
    assert signed() == signed()
    assert signed(now=NOW + timedelta(milliseconds=300)) == signed()
    assert signed(now=NOW + timedelta(seconds=1)) != signed()


def test_many_threads_sign_as_one_does():
    prepared = Signer(KEYS).prepare(compiled())
    readers = [{**VALUES, Gap.LEAVE: b"%056d" % number} for number in range(200)]
    alone = [prepared.sign(values, NOW) for values in readers]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda values: prepared.sign(values, NOW), readers)) == alone
    assert len({b"".join(lines) for lines in alone}) == len(readers)


def test_a_value_that_could_reach_outside_its_gap_is_not_signed():
    with pytest.raises(BadValue):
        Signer(KEYS).prepare(compiled()).sign({**VALUES, Gap.LEAVE: b"a\r\nb"}, NOW)


def test_the_sender_must_be_of_the_domain_that_signs():
    with pytest.raises(Refused, match=r"elders\.example"):
        Signer(KEYS).prepare(compiled(sender="nieuwsbrief@elders.example"))
    with pytest.raises(Refused, match=r"sub\.nieuwsbrief"):
        sign(SERVICE.replace(b"post@", b"post@sub."), KEYS, NOW)


@pytest.mark.parametrize(
    "message",
    [
        without(SERVICE, "From"),
        b"From: <a@nieuwsbrief.example>\r\n" + SERVICE,
        SERVICE.replace(b"From: Nieuwsbrief <post@nieuwsbrief.example>", b"From: post@"),
        b"No header\r\n" + SERVICE,
        b"X-Old: \xff\r\n" + SERVICE,
        SERVICE + b"a\nb",
        SERVICE.replace(b"Nog", b"Nog\r"),
    ],
)
def test_a_mail_that_is_not_in_order_is_not_signed(message):
    with pytest.raises(Refused):
        sign(message, KEYS, NOW)


def test_a_gap_at_the_begin_of_a_header_line_is_not_signed():
    head = Woven((b"From: <a@nieuwsbrief.example>\r\n", b": b\r\n"), (Gap.LEAVE,))
    with pytest.raises(Refused):
        Signer(KEYS).prepare(Compiled(head, Woven((b"",)), 0))


parts = st.sampled_from(
    [b" ", b"\t", b"   ", b"\r\n", b"\r\n\r\n", b".", b"\r\n.", b"=", b"a", b"Zin.", b"\xc3\xa9", b"\xff"]
    + [Gap.LEAVE] * 4
)
bodies = st.lists(parts, max_size=12).map(joined)
tokens = st.from_regex(SHAPES[Gap.LEAVE], fullmatch=True)


@given(bodies, tokens)
@settings(max_examples=400)
def test_a_body_with_gaps_anywhere_is_brought_into_the_form_that_others_compute(woven, token):
    values = {Gap.LEAVE: token}
    whole = b"".join(woven.fill(values))
    arrives = whole if whole.endswith(b"\r\n") else whole + b"\r\n"
    assert b"".join(canonical.body(woven).fill(values)) == Relaxed.canonicalize_body(arrives)


@given(bodies, tokens)
@settings(max_examples=100)
def test_a_body_with_gaps_anywhere_is_signed_as_it_arrives(woven, token):
    head = compiled(headers=()).head
    message = signed(Compiled(head, woven, 0), {**VALUES, Gap.LEAVE: token})
    assert verdicts(message if message.endswith(b"\r\n") else message + b"\r\n") == GOOD


spaced = st.text(" \tab", max_size=6)


@given(spaced, spaced, spaced, tokens)
@settings(max_examples=100)
def test_blanks_around_a_gap_in_a_header_make_no_difference(before, between, after, token):
    line = f"List-Help:{before}".encode(), f"x{between}".encode(), f"{after}\r\n".encode()
    own = Woven(line, (Gap.LEAVE, Gap.LEAVE))
    letter = Compiled(compiled(headers=()).head + own, Woven((b"a\r\n",)), 0)
    assert verdicts(signed(letter, {**VALUES, Gap.LEAVE: token})) == GOOD


@pytest.mark.parametrize("gap", Gap)
def test_whatever_fills_a_gap_cannot_change_how_its_neighbours_are_spelled(gap):
    """What preparing relies on: visible at both ends, and its own form stays as it is."""

    @given(st.from_regex(SHAPES[gap], fullmatch=True))
    @settings(max_examples=300)
    def holds(value):
        assert value
        assert value == value.strip(b" \t\r\n")
        assert not set(value) & set(b"\r\n\t")
        assert b"  " not in value

    holds()
