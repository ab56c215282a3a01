"""For which reasons the law lets a privacy request be refused, for each right."""

from __future__ import annotations

from app.domain.request import Kind, Refusal, Request, State

# Art. 12(5) and (6) hold for every right; more only where the law says so. An objection to mail always
# succeeds, and so does taking it back: there is nothing to weigh (Art. 21(3), DR-07).
UNKNOWN = (Refusal.NOT_IDENTIFIED,)
ALWAYS = (*UNKNOWN, Refusal.UNFOUNDED, Refusal.EXCESSIVE)
REFUSALS = {
    Kind.ACCESS: (*ALWAYS, Refusal.OTHERS),  # Art. 15(4)
    Kind.CORRECTION: ALWAYS,
    Kind.ERASURE: (*ALWAYS, Refusal.LEGAL_DUTY, Refusal.CLAIMS),  # Art. 17(3)
    Kind.RESTRICTION: ALWAYS,
    Kind.PORTABILITY: (*ALWAYS, Refusal.OTHERS),  # Art. 20(4)
    Kind.OBJECTION: UNKNOWN,
    Kind.LIFT: UNKNOWN,
}


def reasons(row: Request) -> tuple[Refusal, ...]:
    """The reasons that the law gives; before it is certain who asks, only that can be one."""
    return REFUSALS[Kind(row.kind)] if row.state == State.KNOWN else UNKNOWN
