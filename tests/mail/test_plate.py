"""What goes over the wire is what was approved: a filled plate is the filled letter."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core.errors import Refused
from app.mail.compile import Gap, compile_letter
from app.mail.compiled import BadValue, Compiled
from app.mail.dkim import Signer, new_keys
from app.mail.plate import make
from tests.mail.letters import MARKERS, VALUES, compiled, letter
from tests.mail.signed import KEYS, NOW, verdicts
from tests.mail.test_compile import bodies_typed
from tests.servers.session import unstuffed

FIXED = {Gap.DATE: VALUES[Gap.DATE]}
OWN = {gap: value for gap, value in VALUES.items() if gap is not Gap.DATE}
LEAVE = MARKERS[Gap.LEAVE]
readers = st.from_regex(r"[a-z.]{1,20}@[a-z]{1,9}\.nl", fullmatch=True)


def wired(stored: Compiled, signer: Signer | None = None) -> tuple[bytes, int]:
    chunks, octets = make(stored, FIXED, signer).fill(OWN, NOW)
    return b"".join(chunks), octets


@settings(max_examples=200)
@given(
    text=bodies_typed, html=bodies_typed, reader=st.from_regex(r"[a-z.]{1,20}@[a-z]{1,9}\.nl", fullmatch=True)
)
@example(text=f".\n{LEAVE}\n.", html=f"{LEAVE}.\n.{LEAVE}", reader=".a@b.nl")
@example(text=f"{LEAVE}\n..", html=f"\n.\n{LEAVE}", reader="a@b.nl")
def test_a_reader_gets_exactly_the_approved_letter(text: str, html: str, reader: str) -> None:
    stored = compile_letter(letter(text=text, html=html), markers=MARKERS, boundary_seed=b"x")
    values = {**OWN, Gap.TO: reader.encode()}
    chunks, octets = make(stored, FIXED, None).fill(values, NOW)
    approved = b"".join(stored.fill({**FIXED, **values}))
    wire = b"".join(chunks)
    assert unstuffed(wire) == approved
    assert b"\r\n.\r\n" not in wire
    assert octets == len(approved)


def test_a_signed_plate_gives_the_signed_letter() -> None:
    wire, octets = wired(compiled(), Signer(KEYS))
    assert verdicts(unstuffed(wire)) == [True, True]
    assert octets == len(unstuffed(wire))
    assert wire == wired(compiled(), Signer(KEYS))[0]


def test_filling_one_letter_leaves_nothing_in_the_next() -> None:
    plate = make(compiled(), FIXED, None)
    first, _ = plate.fill(OWN, NOW)
    plate.fill({**OWN, Gap.TO: b"somebody@else.example"}, NOW)
    assert b"".join(first) == b"".join(plate.fill(OWN, NOW)[0])


@pytest.mark.parametrize("bad", [b"a@b.nl\r\nBcc: c@d.nl", b"two@b.nl, three@b.nl", b""])
def test_a_value_that_reaches_outside_its_gap_is_refused(bad: bytes) -> None:
    with pytest.raises(BadValue):
        make(compiled(), FIXED, None).fill({**OWN, Gap.TO: bad}, NOW)


def test_keys_of_another_domain_are_refused_before_anything_is_filled() -> None:
    with pytest.raises(Refused, match="change either"):
        make(compiled(), FIXED, Signer(new_keys("another.example", NOW)))
