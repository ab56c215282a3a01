"""The test mail server as a process of its own, as tests that kill what they test need it."""

from __future__ import annotations

import hashlib

import pytest

from app.mail import smtp
from app.mail.smtp import Relay, Timeouts, Trouble
from tests.mail.smtp.meeting import (
    LETTER,
    envelope,
)
from tests.servers.smtp import Process


async def test_a_server_in_a_process_of_its_own_can_be_steered() -> None:
    with Process() as server:
        await hand_over(server.url, "jan@example.org")
        server.behave(refuse=["piet@example.org"])
        with pytest.raises(AssertionError):
            await hand_over(server.url, "piet@example.org")
        server.down()
        with pytest.raises(Trouble):
            await hand_over(server.url, "jan@example.org")
        server.up()
        server.behave()
        await hand_over(server.url, "jan@example.org")
        report = server.report()
        assert report["recipients"] == {
            "jan@example.org": {
                "copies": 2,
                "message_ids": ["<1@bode.test>"] * 2,
                "sha256": [hashlib.sha256(LETTER).hexdigest()] * 2,
            }
        }
        server.forget()
        assert server.report()["recipients"] == {}


async def hand_over(url: str, to: str) -> None:
    relay = Relay.parse(url, production=True)
    connection = await smtp.connect(relay, timeouts=Timeouts(), hostname="bode.test")
    try:
        connection.put(None, envelope(to))
        assert (await connection.opened()).go_ahead
        connection.put([LETTER], None)
        assert (await connection.fate()).accepted
    finally:
        await connection.quit()
