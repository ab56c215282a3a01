"""No envelope holds a second command, and no letter ends before its end."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.smtp import BadEnvelope, Envelope, stuff
from app.mail.smtp.envelope import END, check_stuffed
from tests.servers.session import unstuffed

BAD_PATHS = [
    *("jan", "jan@", "@example.org", "jan@piet@example.org", "jan de vries@example.org", '"jan"@example.org'),
    *(
        "<jan@example.org>",
        "jan@example.org>",
        "jan@example.org\r\nDATA",
        "jan@example.org\n",
        "jan\r@example.org",
    ),
    *("jan@example.org> NOTIFY=NEVER", "jan\0@example.org", "jan@example.org\x7f", "jan@example.org\u2028x"),
    *("jan\u0085@example.org", "jan\\@example.org", "a" * 250 + "@example.org", "jörg@example.org"),
]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_an_address_that_could_end_the_command_is_refused_without_repeating_it(path: str) -> None:
    for sender, recipient in ((path, "jan@example.org"), ("", path)):
        with pytest.raises(BadEnvelope) as refusal:
            Envelope(sender, recipient, 1)
        assert path not in str(refusal.value)


@pytest.mark.parametrize("envid", ["", "a b", "a\r\n", "a+b", "a=b", "é", "a" * 101])
def test_an_envelope_id_needs_no_encoding(envid: str) -> None:
    with pytest.raises(BadEnvelope):
        Envelope("", "jan@example.org", 1, envid=envid)


def test_somebody_must_get_it() -> None:
    with pytest.raises(BadEnvelope):
        Envelope("jan@example.org", "", 1)


def test_an_envelope_shows_no_address() -> None:
    assert "jan" not in repr(Envelope("jan@example.org", "jan@example.org", 1))


def test_the_null_sender_is_an_empty_path() -> None:
    assert Envelope("", "jan@example.org", 1).mail({}) == b"MAIL FROM:<>\r\n"


def test_a_return_path_of_ones_own_has_the_envelope_id() -> None:
    own = Envelope("bounce@bode.test", "jan@example.org", 1, envid="0f" * 16, own_path=True)
    assert own.mail({}) == b"MAIL FROM:<bounce+" + b"0f" * 16 + b"@bode.test>\r\n"
    for words in ({"sender": "bounce@bode.test"}, {"sender": "", "envid": "0f"}):
        with pytest.raises(BadEnvelope):
            Envelope(recipient="jan@example.org", size=1, own_path=True, **words)


lines = st.lists(st.binary(max_size=5).map(lambda line: line.translate(None, b"\r\n")) | st.just(b"."))


@given(lines, st.lists(st.integers(0, 60)))
def test_any_letter_comes_out_as_it_went_in(content: list[bytes], cuts: list[int]) -> None:
    letter = b"\r\n".join([*content, b"x\r\n"])
    marks = [0, *sorted(cuts), len(letter)]
    chunks = [letter[start:end] for start, end in itertools.pairwise(marks)]
    wire = b"".join([*check_stuffed(stuff(chunks)), END])
    assert wire.find(b"\r\n.\r\n") == len(wire) - len(b"\r\n.\r\n")  # it ends once: at its end
    assert not wire.startswith(b".\r\n")
    assert unstuffed(wire.removesuffix(END)) == letter


@given(lines, st.sampled_from([b"\n", b"\r", b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\r\n"]))
def test_a_bare_line_end_is_refused(content: list[bytes], bare: bytes) -> None:
    with pytest.raises(BadEnvelope, match="bare"):
        stuff([b"\r\n".join(content), b"x", bare, b"x"])


def test_a_line_end_is_added_where_it_is_missing() -> None:
    assert b"".join(stuff([b"Dag"])) == b"Dag\r\n"
    assert b"".join(stuff([b"Dag\r", b"\n"])) == b"Dag\r\n"
