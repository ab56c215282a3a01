"""The keys that sign our mail, in a file only the service may read; receivers look up the public half in DNS.

One domain, one RSA key, and usually one Ed25519 key. No representation and no refusal shows a key.
"""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from app.core.errors import Refused

RSA_BITS = 2048  # RFC 8301 advises it; a longer key is a slower one and a DNS answer that may not fit
RSA_MOST = 4096  # the longest key that every receiver must be able to use (RFC 8301)
RSA_EXPONENT = 65537  # the one that everybody uses
STRING_MOST = 255  # octets of one string in a TXT record (RFC 1035)

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{3,253}}\Z){LABEL}(?:\.{LABEL})+")
SELECTOR = re.compile(rf"(?=.{{1,63}}\Z){LABEL}(?:\.{LABEL})*")

Private = RSAPrivateKey | Ed25519PrivateKey


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """One key and its selector, the name under which DNS has its public half."""

    selector: str
    private: Private

    def __repr__(self) -> str:
        return f"Key({self.selector})"

    @property
    def kind(self) -> str:
        """What DNS calls it."""
        return "rsa" if isinstance(self.private, RSAPrivateKey) else "ed25519"

    def sign(self, digest: bytes) -> bytes:
        """Sign a SHA-256; both algorithms give the same bytes for the same digest every time."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, PKCS1v15(), Prehashed(SHA256()))
        return self.private.sign(digest)  # RFC 8463, section 3: the digest is the message

    def public(self) -> bytes:
        """The public half as DNS has it: for RSA with its wrapping, for Ed25519 bare (RFC 8463)."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return self.private.public_key().public_bytes_raw()

    def stored(self) -> dict[str, str]:
        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return {"selector": self.selector, "algorithm": self.kind, "private": pem.decode("ascii")}


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """All keys of one domain."""

    domain: str
    keys: tuple[Key, ...]

    def __post_init__(self) -> None:
        if not DOMAIN.fullmatch(self.domain):
            raise Refused("the domain of the DKIM keys must look like example.org")
        kinds = [key.kind for key in self.keys]
        if kinds.count("rsa") != 1 or kinds.count("ed25519") > 1:
            raise Refused("DKIM needs one RSA key, which all receivers know, and at most one Ed25519 key")
        if len({key.selector for key in self.keys}) < len(self.keys):
            raise Refused("each DKIM key needs a selector of its own")

    def __repr__(self) -> str:
        return f"Keys({self.domain})"

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read BODE_DKIM_KEYS; refuses a file that others can read, and keys that receivers refuse."""
        try:
            with path.open(encoding="utf-8") as file:
                open_to_others = os.fstat(file.fileno()).st_mode & 0o077
                raw = json.load(file)
        except FileNotFoundError:
            advice = "make one with: bode keys new --dkim DOMAIN"
            raise Refused(f"there is no file of DKIM keys at {path}; {advice}") from None
        except (OSError, ValueError):
            raise Refused(f"the DKIM keys at {path} cannot be read") from None
        if open_to_others:
            raise Refused(f"others can read {path}; do: chmod 600 {path}")
        try:
            return cls(raw["domain"], tuple(_key(entry) for entry in raw["keys"]))
        except (KeyError, TypeError, AttributeError):
            raise Refused(f"{path} is not a file of DKIM keys; put the right file back") from None

    def save(self, path: Path) -> None:
        """Write a new file, readable by its owner only; never over an existing one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"domain": self.domain, "keys": [key.stored() for key in self.keys]}
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Refused(f"{path} exists and is not overwritten: mail is signed with it") from None
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(content, out, indent=2)
            out.flush()
            os.fsync(out.fileno())

    def dns_records(self) -> list[tuple[str, str]]:
        """Name and TXT value of each record to publish; a long value is several quoted strings."""
        return [(f"{key.selector}._domainkey.{self.domain}", _txt(key)) for key in self.keys]

    def check_sender(self, address: str) -> None:
        """Refuse to sign for another domain: receivers compare it with the sender's, exactly."""
        domain = address.rpartition("@")[2].lower()
        if domain != self.domain:
            raise Refused(
                f"the sender is of {domain} and BODE_DKIM_KEYS signs for {self.domain}: change either"
            )


def new_keys(domain: str, now: datetime) -> Keys:
    """Fresh keys; their selectors tell the month, so that old and new ones can be in DNS together."""
    month = now.strftime("%Y%m")
    rsa = generate_private_key(RSA_EXPONENT, RSA_BITS)
    edwards = Ed25519PrivateKey.generate()
    return Keys(domain, (Key(f"bode-rsa-{month}", rsa), Key(f"bode-ed-{month}", edwards)))


def _txt(key: Key) -> str:
    text = f"v=DKIM1; k={key.kind}; p={base64.b64encode(key.public()).decode('ascii')}"
    strings = (text[at : at + STRING_MOST] for at in range(0, len(text), STRING_MOST))
    return " ".join(f'"{string}"' for string in strings)


def _key(entry: dict[str, Any]) -> Key:
    selector = entry["selector"]
    if not SELECTOR.fullmatch(selector):
        raise Refused("a selector of a DKIM key has letters, digits and dashes only")
    private = _private(selector, entry["private"])
    key = Key(selector, private)
    if key.kind != entry["algorithm"]:
        raise Refused(f"DKIM key {selector} is not of the algorithm that its file says")
    if isinstance(private, RSAPrivateKey) and not RSA_BITS <= private.key_size <= RSA_MOST:
        raise Refused(f"DKIM key {selector} has {private.key_size} bits; {RSA_BITS} to {RSA_MOST} will do")
    return key


def _private(selector: str, text: str) -> Private:
    try:
        private = _parsed(text)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise Refused(f"DKIM key {selector} cannot be read: it takes a PEM without password") from None
    return private


def _parsed(text: str) -> object:
    """A PEM, or the bare seed of an Ed25519 key in base64."""
    if text.lstrip().startswith("-----BEGIN"):
        return load_pem_private_key(text.encode("ascii"), password=None)
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
