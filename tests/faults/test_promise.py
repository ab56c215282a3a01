"""The question that is asked of every row has teeth: a missing reader and a copy too many are noticed."""

from __future__ import annotations

import smtplib

import pytest

from tests.cast import ALICE
from tests.faults.promise import kept_its_promise

LETTER = "Message-ID: <another@example.org>\r\n\r\nnot what was approved\r\n"


def test_it_notices_a_missing_reader_and_a_copy_too_many(make) -> None:
    scene = make("sqlite")
    everyone = scene.readers
    scene.begin()
    scene.reaches("sent")
    scene.readers = everyone | {"forgotten@example.net"}
    with pytest.raises(AssertionError, match="1 readers got nothing"):
        kept_its_promise(scene)
    scene.readers = everyone
    kept_its_promise(scene)
    with smtplib.SMTP("127.0.0.1", scene.mail.port) as client:
        client.sendmail("nieuwsbrief@example.org", [ALICE], LETTER)
    with pytest.raises(AssertionError, match="1 extra copies"):
        kept_its_promise(scene)
    with pytest.raises(AssertionError, match=r"another@example\.org"):
        kept_its_promise(scene, disturbances=1)
    scene.outcome = None  # no row of the table
