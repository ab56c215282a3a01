"""A file that the service signs (Ed25519), so that whoever holds it sees that nothing in it was changed."""

from __future__ import annotations

import json
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.core.crypto import KeyRing, Unreadable

FORM = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Signed(BaseModel):
    """What such a file has in common: the key that signed it, and its signature over all the rest."""

    model_config = FORM
    key: str = Field(pattern=r"^[0-9a-f]{8}$")
    signature: str = Field(default="", pattern=r"^([0-9a-f]{128})?$")

    @classmethod
    def read(cls, text: str) -> Self:
        """What a file says, word for word as we write it; raises ValueError.

        A name that stands there twice or a number in quotes would say one thing to us and another to whoever
        reads it with another program.
        """
        found = cls.model_validate_json(text, strict=True)
        if json.loads(text, object_pairs_hook=_once) != found.file():
            raise ValueError("it is not written as we write it")
        return found

    def file(self) -> dict[str, Any]:
        """What is saved."""
        return self.model_dump(mode="json", by_alias=True)

    def statement(self) -> bytes:
        """What the signature covers: all but itself, names in order, no blanks, only plain letters."""
        content = self.file()
        del content["signature"]
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    def signed(self, ring: KeyRing, purpose: str) -> Self:
        """The same with the service's signature."""
        signature = ring.signer(purpose, self.key).sign(self.statement())
        return self.model_copy(update={"signature": signature.hex()})

    def signed_by(self, ring: KeyRing, purpose: str) -> bool:
        """Whether this service signed exactly this."""
        try:
            public = ring.signer(purpose, self.key).public_key()
            public.verify(bytes.fromhex(self.signature), self.statement())
        except (InvalidSignature, Unreadable):
            return False
        return True


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found
