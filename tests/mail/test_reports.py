"""Reports that come back by mail: what is read of them, and that nothing a stranger writes does any harm."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.mail import reports
from app.mail.reports import MOST, Kind, Report
from tests.returns import NOBODY, bounced, complained, letter

ALICE = "alice@example.org"
NUMBER, OTHER = "0f" * 16, "1e" * 16
MARK = "A" * 56 + "e"
OURS = letter(NUMBER, MARK)
PIECES = [
    *(bounced(ALICE, OURS) + complained(OURS)).split(b"\n"),
    *(b"\n", b"\r", b"\r\n", b"\0", b"--", b"Content-Type: multipart/mixed; boundary=x", b"--x", b"\xff\xfe"),
    *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: x-uuencode", b"begin 666 x"),
    *(b"Content-Type: message/rfc822", b"Content-Type: multipart/digest; boundary*0*=utf-8''x;boundary*1=y"),
]


def read(raw: bytes) -> Report:
    found = reports.read(raw)
    assert found is not None
    return found


def test_a_return_has_the_mailbox_that_is_gone_and_what_we_put_on_the_letter() -> None:
    found = read(bounced(ALICE, OURS, envid=OTHER))
    assert (found.kind, found.gone) == (Kind.RETURNED, (ALICE,))
    assert found.numbers == {UUID(hex=NUMBER), UUID(hex=OTHER)}
    assert found.marks == {MARK}


def test_a_server_that_gives_a_number_back_in_capitals_is_understood() -> None:
    assert UUID(hex=OTHER) in read(bounced(ALICE, letter(), envid=OTHER.upper())).numbers


@pytest.mark.parametrize("head", ["Delivered-To: {}", "X-Original-To: {}", "To: Bounces <{}>"])
def test_the_return_path_tells_of_which_letter_a_server_speaks_that_returns_nothing_of_it(head: str) -> None:
    came = NOBODY + head.format(f"bounce+{NUMBER}@bounce.example.org") + "\n"
    assert read(bounced(ALICE, letter(), path=came)).numbers == {UUID(hex=NUMBER)}
    assert reports.read(bounced(ALICE, letter(), path=came.removeprefix(NOBODY))) is None


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_whole_letter_or_its_head_alone_and_either_end_of_a_line(kind: str, end: str) -> None:
    raw = bounced(ALICE, OURS, kind=kind).replace(b"\n", end.encode())
    assert read(raw).numbers == {UUID(hex=NUMBER)}
    assert read(complained(OURS).replace(b"\n", end.encode())).numbers == {UUID(hex=NUMBER)}


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.1.1 (unknown)"])
def test_a_hard_code_says_that_the_mailbox_is_gone(status: str) -> None:
    assert read(bounced(ALICE, OURS, status=status)).gone == (ALICE,)


@pytest.mark.parametrize(
    ("status", "action"),
    [
        *(
            (each, "failed")
            for each in ("4.1.1", "5.2.2", "5.7.1", "5.7.26", "5.3.4", "5.1.11", "5.1.1.1", "")
        ),
        *(("5.1.1", each) for each in ("delayed", "delivered", "relayed", "expanded", "")),
    ],
)
def test_every_other_code_and_what_may_still_arrive_says_nothing_of_it(status: str, action: str) -> None:
    found = read(bounced(ALICE, OURS, status=status, action=action))
    assert (found.kind, found.gone) == (Kind.RETURNED, ())


@pytest.mark.parametrize(
    "path",
    [
        "",
        "Return-Path: <mallory@example.net>\n",
        "Return-Path: MAILER-DAEMON\n",
        "Return-Path: <mallory@example.net>\n" + NOBODY,
        NOBODY + NOBODY,
    ],
)
def test_a_return_that_somebody_sent_is_none(path: str) -> None:
    assert reports.read(bounced(ALICE, OURS, path=path)) is None


def test_a_complaint_is_read_whoever_it_is_from_and_with_the_reader_unreadable() -> None:
    found = read(complained(OURS))
    assert (found.kind, found.gone, found.marks) == (Kind.COMPLAINT, (), {MARK})


@pytest.mark.parametrize("feedback", ["fraud", "virus", "not-spam", "opt-out", "other", ""])
def test_other_feedback_is_no_complaint(feedback: str) -> None:
    assert reports.read(complained(OURS, feedback=feedback)) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        OURS.encode(),
        b"Return-Path: <>\n" + OURS.encode(),
        complained(OURS).replace(b"multipart/report", b"multipart/mixed"),
        complained(OURS).replace(b"message/feedback-report", b"text/plain"),
        bounced(ALICE, OURS).replace(b"Final-Recipient", b"Final-Recipient: x\n\n" * 20 + b"Final-Recipient"),
    ],
)
def test_other_mail_is_no_report(raw: bytes) -> None:
    assert reports.read(raw) is None


def test_a_letter_of_another_has_nothing_of_ours() -> None:
    found = read(complained(letter("", "").replace("<@", "<12345@")))
    assert (found.numbers, found.marks) == (frozenset(), frozenset())


def test_what_we_put_on_a_letter_is_taken_from_its_head_and_not_from_its_words() -> None:
    inside = letter("", "") + f"\nMessage-ID: <{NUMBER}@bode.example.org>\n"
    assert read(complained(inside)).numbers == frozenset()


def test_the_head_of_a_long_letter_is_enough() -> None:
    found = read(complained(OURS + "x" * 70 + "\n" * 20 * MOST))
    assert found.numbers == {UUID(hex=NUMBER)}


def test_a_mail_of_a_thousand_levels_is_no_report() -> None:
    levels = "".join(
        f"Content-Type: multipart/mixed; boundary=b{each}\n\n--b{each}\n" for each in range(1000)
    )
    assert reports.read(b"Return-Path: <>\n" + levels.encode()) is None
    assert reports.read(complained(levels)) is None


@given(st.binary(max_size=2000))
@example(b"Content-Type: multipart/report; boundary*99999999999999999999999=x\n\n--x\n")
def test_no_octets_at_all_make_it_fail(raw: bytes) -> None:
    found = reports.read(raw)
    assert found is None or isinstance(found, Report)


@given(pieces=st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=60), whole=st.booleans())
def test_no_mixture_of_what_reports_are_made_of_makes_it_fail(pieces: list[bytes], *, whole: bool) -> None:
    head = b"Return-Path: <>\nContent-Type: multipart/report; boundary=x\n\n--x\n" if whole else b""
    found = reports.read(head + b"\n".join(pieces))
    assert found is None or isinstance(found, Report)


@given(place=st.integers(0, 4000), octet=st.integers(0, 255), cut=st.booleans())
def test_a_spoilt_report_makes_it_fail_nowhere(place: int, octet: int, *, cut: bool) -> None:
    for raw in (bounced(ALICE, OURS, envid=OTHER), complained(OURS)):
        spoilt = raw[:place] if cut else raw[:place] + bytes([octet]) + raw[place + 1 :]
        found = reports.read(spoilt)
        assert found is None or isinstance(found, Report)


def test_a_report_shows_nothing_of_itself() -> None:
    assert "alice" not in repr(read(bounced(ALICE, OURS)))
