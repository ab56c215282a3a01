"""Replies are cut out of a stream however it arrives, and only their codes are kept."""

from __future__ import annotations

import itertools
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.smtp import Reason, Reply, Stage, Trouble
from app.mail.smtp.replies import Codes, Reader, Unreadable

STREAM = (
    b"250 2.1.0 Ok\r\n550-5.1.1 one\r\n550 5.1.1 two\r\n354 End data with <CR><LF>.<CR><LF>\r\n"
    b"250\r\n451 4.7.1\r\n250 2.0.0.1 not a code\r\n221 2.0.0 bare LF\n"
)
CODES = [
    Codes(250, "2.1.0"),
    Codes(550, "5.1.1"),
    Codes(354, None),
    Codes(250, None),
    Codes(451, "4.7.1"),
    Codes(250, None),
    Codes(221, "2.0.0"),
]

UNREADABLE = [
    *(
        b"\r\n",
        b"hello\r\n",
        b"25 x\r\n",
        b"2500 x\r\n",
        b"250x\r\n",
        b" 250 x\r\n",
        b"199 x\r\n",
        b"600 x\r\n",
    ),
    *(b"250-a\r\n251 b\r\n", b"250-a\r\nhello\r\n", b"a" * 5000, b"250 " + b"a" * 5000 + b"\r\n"),
    (b"250-" + b"a" * 4000 + b"\r\n") * 9,
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_replies_are_read_however_the_stream_is_cut(cuts: list[int]) -> None:
    reader = Reader()
    marks = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in itertools.pairwise(marks)]
    assert [codes for piece in pieces for codes in reader.feed(piece)] == CODES


@pytest.mark.parametrize("said", UNREADABLE, ids=lambda said: repr(said[:12]))
def test_what_is_no_reply_is_not_read(said: bytes) -> None:
    with pytest.raises(Unreadable):
        list(Reader().feed(said))


def test_many_replies_in_one_piece_do_not_count_as_one_long_reply() -> None:
    assert len(list(Reader().feed(b"250 Ok\r\n" * 10_000))) == 10_000


@pytest.mark.parametrize(
    ("code", "means"),
    [
        (250, "accepted"),
        (251, "accepted"),
        (354, "go_ahead"),
        (421, "temporary closing"),
        (451, "temporary"),
        (550, "permanent"),
        (599, "permanent"),
    ],
)
def test_a_code_says_what_to_do(code: int, means: str) -> None:
    reply = Reply(Stage.BODY, code)
    words = ["accepted", "go_ahead", "temporary", "permanent", "closing"]
    assert " ".join(word for word in words if getattr(reply, word)) == means


def test_trouble_says_where_and_why_and_travels_between_processes() -> None:
    trouble = Trouble(Stage.RCPT, Reason.REFUSED, Reply(Stage.RCPT, 421, "4.3.2"))
    assert str(trouble) == "refused at rcpt (421 4.3.2)"
    assert str(Trouble(Stage.BODY, Reason.TIMEOUT)) == "timeout at body"
    assert str(Trouble(Stage.MAIL, Reason.PROTOCOL, Reply(Stage.MAIL, 354))) == "protocol at mail (354)"
    copy = pickle.loads(pickle.dumps(trouble))  # noqa: S301
    assert (copy.stage, copy.reason, copy.reply) == (trouble.stage, trouble.reason, trouble.reply)
