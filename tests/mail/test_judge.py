"""Whose fault a reply is, as a table: stage by code. One wrong cell loses mail or blames a reader."""

from __future__ import annotations

import pytest

from app.mail.judge import judge
from app.mail.smtp import Reply, Stage

BEFORE = (Stage.GREETING, Stage.EHLO, Stage.TLS, Stage.AUTH, Stage.MAIL)

# Code, and what it means: before a recipient is named | to RCPT | to DATA | after the letter.
TABLE = """
421 4.3.2    later     later     later   later
450 4.2.1    later     later     later   later
451 4.3.0    later     later     later   later
452 4.2.2    later     later     later   later
454 4.7.0    later     later     later   later
500 5.5.1    ours      refused   ours    ours
535 5.7.8    ours      ours      ours    ours
550 -        ours      refused   ours    ours
550 5.1.1    ours      dead      ours    dead
550 5.1.2    ours      dead      ours    dead
550 5.1.3    ours      dead      ours    dead
550 5.1.6    ours      dead      ours    dead
550 5.1.8    ours      refused   ours    refused
550 5.1.10   ours      dead      ours    dead
550 5.2.1    ours      dead      ours    dead
550 5.7.1    ours      ours      ours    ours
550 5.7.26   ours      ours      ours    ours
551 5.1.6    ours      dead      ours    dead
552 5.2.2    ours      refused   ours    refused
552 5.3.4    ours      refused   ours    ours
554 -        ours      refused   ours    ours
554 5.6.0    ours      refused   ours    ours
200 -        ours      ours      ours    accepted
250 2.0.0    ours      ours      ours    accepted
354 -        ours      ours      ours    ours
"""
COLUMNS = (BEFORE, (Stage.RCPT,), (Stage.DATA,), (Stage.BODY,))
ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [
    pytest.param(stage, int(code), None if enhanced == "-" else enhanced, verdict)
    for code, enhanced, *verdicts in ROWS
    for stages, verdict in zip(COLUMNS, verdicts, strict=True)
    for stage in stages
]


@pytest.mark.parametrize(("stage", "code", "enhanced", "verdict"), CELLS)
def test_whose_fault_it_is(stage: Stage, code: int, enhanced: str | None, verdict: str) -> None:
    assert judge(Reply(stage, code, enhanced)).value == verdict
