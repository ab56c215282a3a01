"""Codes of an app: those of RFC 6238, a little early or late, and a picture for its camera."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from app.core import onetime

RFC = base64.b32encode(b"12345678901234567890").decode()
AT = datetime.fromtimestamp(1_111_111_109, UTC)


def test_the_code_of_the_standard_is_right_and_has_its_step() -> None:
    assert onetime.step_of(RFC, "081804", AT) == 0x23523EC
    assert onetime.step_of(RFC, "081805", AT) is None
    assert onetime.step_of(RFC, "", AT) is None
    assert onetime.step_of(RFC, "٠٨١٨٠٤", AT) is None


@pytest.mark.parametrize(("late", "right"), [(-30, True), (30, True), (-61, False), (61, False)])
def test_a_clock_may_differ_by_half_a_minute(late: int, right: bool) -> None:
    found = onetime.step_of(RFC, "081804", AT + timedelta(seconds=late))
    assert (found is not None) is right


def test_the_picture_has_no_style_and_the_key_can_be_read_aloud() -> None:
    secret = onetime.new_secret()
    assert len(secret) == 32
    drawn = onetime.picture(secret, "dana")
    assert drawn.startswith("<svg")
    assert "style" not in drawn
    assert onetime.plain(onetime.spaced(secret)) == secret
