"""Whatever is written down when an issue stops can be read back, so that pages and mails can tell it."""

from __future__ import annotations

import pytest

from app.domain import halt
from app.domain.halt import Cause, Halt
from tests.mail.mails import LANGUAGES, mail

FIGURES = {"reply": "535 5.7.8", "stage": "auth", "count": "60", "whole": "800", "key": "2026-11-k1"}


def test_each_cause_is_read_back_with_its_figures() -> None:
    for cause, form in halt.FORMS.items():
        values = {name: each for name, each in FIGURES.items() if f"{{{name}}}" in form}
        assert halt.read(halt.told(cause, **values)) == Halt(cause, values)
    assert halt.read("451 at connect") == Halt(Cause.REPLY, {"reply": "451", "stage": "connect"})
    assert (
        halt.read("the stored bytes are not the approved ones").cause == halt.read(None).cause == Cause.UNFIT
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_tells_each_cause_in_other_words(language: str) -> None:
    whys = [f"535 5.7.8 at {stage}" for stage in ("connect", "auth", "mail", "rcpt", "body")]
    whys += [halt.told(Cause.LOST), halt.told(Cause.REFUSED, count=60, whole=800), "unfit"]
    whys += [halt.told(Cause.COMPLAINED, count=60, whole=800), halt.told(Cause.KEY, key="k7")]
    texts = [mail("paused", language, halt=halt.read(why)).text for why in whys]
    assert len(set(texts)) == len(whys)
    assert all("535 5.7.8" in " ".join(text.split()) for text in texts[:5])
