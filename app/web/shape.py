"""The form of the file with everything that is held of one address, published as a JSON Schema.

Whoever gets the file can have a program read it (GDPR Art. 20). What is not in this form is not sent.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.domain.block import Ground
from app.domain.consent import Event
from app.domain.delivery import State as Fate
from app.domain.ledger import Reason
from app.domain.lookup import Why
from app.domain.request import Channel, Delay, Identity, Refusal, State
from app.domain.request import Kind as Right

TITLE = "Everything that is held of one address"


class Form(BaseModel):
    """Names as programs write them, and nothing beside them."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Subscription(Form):
    id: str
    language: str
    confirmed_at: datetime
    paused_until: datetime | None
    restricted_at: datetime | None
    bounces: int
    bounced_at: datetime | None


class Proof(Form):
    event: Event
    at: datetime
    text_version: str | None
    text: str | None
    ended_at: datetime | None


class Delivery(Form):
    id: str
    issue: int
    state: Fate
    attempts: int
    in_doubt: int
    answer: str | None


class Block(Form):
    ground: Ground
    at: datetime
    ends_at: datetime | None


class Request(Form):
    number: str
    kind: Right
    channel: Channel
    language: str
    state: State
    recorded_at: datetime
    received_on: date
    identity: Identity | None
    asked_at: datetime | None
    still: int
    still_since: date | None
    delay: Delay | None
    refusal: Refusal | None
    decided_at: datetime | None
    mailed_at: datetime | None
    closed_at: datetime | None


class Lookup(Form):
    at: datetime
    why: Why
    number: str


class End(Form):
    reason: Reason
    at: datetime


class Listed(Form):
    at: datetime
    evidence: str | None  # null when the line cannot be read
    until: datetime


class Newsletter(Form):
    newsletter: str
    subscription: Subscription | None
    proofs: list[Proof]
    deliveries: list[Delivery]
    block: Block | None
    requests: list[Request]
    lists: list[Listed]  # lines of lists that wait to be brought in
    ends: list[End] | None  # what the ledger says; null while it could not be asked


class Held(Form):
    form: str = Field(alias="$schema")
    made_at: datetime
    address: str
    newsletters: list[Newsletter]
    lookups: list[Lookup]  # who looked you up? Each time with its reason; an empty list is nobody
    lookup_ends: list[End] | None  # when look-ups were deleted, as the ledger says; null as above


def schema() -> dict[str, Any]:
    """The form itself."""
    return {"title": TITLE, **Held.model_json_schema(by_alias=True)}
