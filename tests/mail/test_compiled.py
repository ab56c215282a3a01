"""A value cannot reach outside its gap, and what is stored comes back the same or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from app.mail.compile import (
    BadStore,
    BadValue,
    Compiled,
    Gap,
    Picture,
)
from tests.mail.letters import PNG, VALUES, compiled, filled


def test_an_address_outside_ascii_is_the_only_thing_that_is():
    octets = b"".join(compiled().fill({**VALUES, Gap.TO: "josé@voorbeeld.example".encode()}))
    beyond = [line for line in octets.split(b"\r\n") if not line.isascii()]
    assert beyond == ["To: josé@voorbeeld.example".encode()]


def test_two_readers_differ_in_their_own_words_only():
    one, other = compiled().fill(VALUES), compiled().fill({**VALUES, Gap.LEAVE: b"b" * 56})
    different = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    assert different == [(VALUES[Gap.LEAVE], b"b" * 56)] * 3


def test_the_size_is_known_before_filling():
    assert compiled().size(VALUES) == len(filled())


def test_head_and_body_can_be_taken_apart_for_signing():
    made = compiled()
    head, _, body = filled().partition(b"\r\n\r\n")
    assert b"".join(made.head.fill(VALUES)) == head + b"\r\n"
    assert b"".join(made.body.fill(VALUES)) == body
    assert len(made.pieces) == len(made.gaps) + 1
    assert b"".join(made.pieces) == b"".join(made.head.pieces) + b"\r\n" + b"".join(made.body.pieces)


def test_what_is_stored_comes_back_the_same():
    made = compiled(pictures=(Picture("a@b.example", "image/png", PNG, "a.png"),))
    back = Compiled.from_bytes(made.to_bytes())
    assert back == made
    assert back.digest() == made.digest() == compiled(pictures=letter_pictures()).digest()


def letter_pictures():
    return (Picture("a@b.example", "image/png", PNG, "a.png"),)


def test_a_changed_letter_has_another_digest():
    assert compiled(subject="Samen staan we zwakker").digest() != compiled().digest()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda stored: b"",
        lambda stored: stored[:-1],
        lambda stored: stored + b"x",
        lambda stored: stored.replace(b'"bode-letter":1', b'"bode-letter":2'),
        lambda stored: stored.replace(b'"leave"', b'"other"', 1),
        lambda stored: stored.replace(b'"leave",', b"", 1),
        lambda stored: b"[]\n",
    ],
    ids=["empty", "short", "long", "another version", "unknown gap", "gap lost", "no letter"],
)
def test_stored_bytes_that_were_spoilt_are_refused(spoil):
    with pytest.raises(BadStore):
        Compiled.from_bytes(spoil(compiled().to_bytes()))


@pytest.mark.parametrize(
    ("gap", "value"),
    [
        (Gap.TO, b"a@b.example\r\nBcc: c@d.example"),
        (Gap.TO, b"a@b.example, c@d.example"),
        (Gap.TO, b"a,b@c.example"),
        (Gap.TO, b"a@b.example,c"),
        (Gap.TO, b"Dana <a@b.example>"),
        (Gap.TO, b"a@b@c"),
        (Gap.TO, b""),
        (Gap.TO, b"\xff@b.example"),
        (Gap.TO, "a\u2028@b.example".encode()),
        (Gap.TO, b"a" * 400 + b"@b.example"),
        (Gap.MESSAGE_ID, b"a@b.example"),
        (Gap.MESSAGE_ID, b"<a@b.example>\n"),
        (Gap.DATE, b"Tue, 1 Dec 2026 10:00:00 GMT"),
        (Gap.LEAVE, b"abc="),
        (Gap.LEAVE, b"a" * 76),
        (Gap.LEAVE, b"a\n"),
    ],
)
def test_a_value_that_could_reach_outside_its_gap_is_refused_and_not_repeated(gap, value):
    with pytest.raises(BadValue) as refused:
        compiled().fill({**VALUES, gap: value})
    assert value.decode("latin-1") not in str(refused.value) or not value


def test_a_gap_without_a_value_is_refused():
    with pytest.raises(BadValue):
        compiled().fill({gap: value for gap, value in VALUES.items() if gap is not Gap.LEAVE})


def test_the_date_of_the_standard_library_fits_its_gap():
    date = format_datetime(datetime(2026, 12, 1, tzinfo=UTC)).encode()
    assert date in compiled().fill({**VALUES, Gap.DATE: date})
