"""What an operator may set, each with a default that is safe; production refuses what is not.

Every setting is an environment variable that starts with BODE_; docs/settings.md explains each
and a test compares the two.
"""

from __future__ import annotations

import re
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

# Small letters and digits: what a domain with others is called in an envelope.
DOMAIN = re.compile(r"(?=.{3,190}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


class Environment(StrEnum):
    """Where the service runs: only production mails strangers."""

    DEMO = "demo"
    PRODUCTION = "production"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, which needs no TLS."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Settings(BaseSettings):
    """All settings, read once at start."""

    model_config = SettingsConfigDict(
        env_prefix="BODE_",
        env_ignore_empty=True,  # a line left empty in a file of settings is one that is not there
        extra="ignore",
        frozen=True,
    )

    environment: Environment = Environment.DEMO
    data_dir: Path = Path("data")
    database_url: str = ""
    ledger_url: str = ""
    ledger_copy: Path | None = None
    base_url: str = "http://127.0.0.1:8000"
    keys_file: Path | None = None
    smtp_url: str = ""
    smtp_connections: int = Field(default=10, ge=1, le=200)
    smtp_letters: int = Field(default=1000, ge=1)  # a connection: relays have a limit of their own
    smtp_timeout_seconds: float = Field(default=0, ge=0)  # 0: the RFC 5321 time limits
    smtp_hostname: str = ""
    bounce_domain: str = ""  # each copy comes back to an address of its own there
    smtputf8: bool = False  # whether the relay takes addresses with letters like ö before the @
    security_contact: str = ""  # for security.txt: mailto: or https:; without it there is no such file
    oidc_issuer: str = ""  # the organisation's own sign-in for staff; without it there is none
    oidc_client: str = "bode"
    oidc_key_file: Path | None = None
    dkim_keys: Path | None = None
    allowed_recipients: Annotated[frozenset[str], NoDecode] = frozenset()
    trusted_proxies: Annotated[frozenset[str], NoDecode] = frozenset()
    allowed_networks: Annotated[frozenset[str], NoDecode] = frozenset()
    retry_first_seconds: float = Field(default=1800, gt=0)  # TR-03: at least half an hour
    retry_longest_seconds: float = Field(default=14_400, gt=0)
    give_up_seconds: float = Field(default=259_200, gt=0)  # 72 h: the month's news is old by then
    lease_seconds: float = Field(default=60, ge=1)
    backup_days: int = Field(default=35, ge=1)  # BIO2: the longest age of a backup
    signups_per_network: int = Field(default=60, ge=1)  # per hour: a town hall shares one address
    signups_overall: int = Field(default=2000, ge=1)  # per hour, over all newsletters
    signups_per_domain: int = Field(default=200, ge=1)  # mails per hour; the others wait for the next
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"

    @field_validator("allowed_recipients", "trusted_proxies", "allowed_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("base_url")
    @classmethod
    def _plain_base(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise ValueError("BODE_BASE_URL must look like https://nieuwsbrief.example.org")
        return value.rstrip("/")

    @field_validator("bounce_domain")
    @classmethod
    def _a_domain(cls, value: str) -> str:
        if value and not DOMAIN.fullmatch(value):
            raise ValueError("BODE_BOUNCE_DOMAIN must look like bounce.example.org")
        return value

    @model_validator(mode="after")
    def _production(self) -> Settings:
        if self.production and (missing := self._missing()):
            raise ValueError("in production please set: " + ", ".join(missing))
        return self

    def _missing(self) -> list[str]:
        wanted = {
            "BODE_DATABASE_URL": self.database_url,
            "BODE_LEDGER_URL (apart from the database)": self.ledger_url,
            "BODE_KEYS_FILE": self.keys_file,
            "BODE_SMTP_URL": self.smtp_url,
        }
        missing = [name for name, value in wanted.items() if not value]
        parts = urlsplit(self.base_url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            missing.append("BODE_BASE_URL with https:// (plain http only on this machine itself)")
        if self.ledger_url and self.ledger_url == self.database_url:
            missing.append("BODE_LEDGER_URL that is not BODE_DATABASE_URL")
        return missing

    @model_validator(mode="after")
    def _sign_in(self) -> Settings:
        if not self.oidc_issuer:
            return self
        parts = urlsplit(self.oidc_issuer)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise ValueError("BODE_OIDC_ISSUER must start with https:// (plain http only on this machine)")
        if self.oidc_key_file is None:
            raise ValueError("BODE_OIDC_ISSUER needs BODE_OIDC_KEY_FILE")
        return self

    @property
    def production(self) -> bool:
        """Whether strangers are really mailed."""
        return self.environment is Environment.PRODUCTION

    @property
    def database(self) -> str:
        """The main database's URL, the embedded file by default."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'bode.db'}"

    @property
    def ledger(self) -> str:
        """The ledger's URL, a second file by default."""
        return self.ledger_url or f"sqlite+aiosqlite:///{self.data_dir / 'ledger.db'}"

    @property
    def ledger_lines(self) -> Path | None:
        """Where the ledger's entries go as well: beside one that is a file, in production, if not told."""
        if self.ledger_copy or not self.production or not self.ledger.startswith("sqlite"):
            return self.ledger_copy
        return Path(self.ledger.partition(":///")[2]).with_suffix(".jsonl")

    @property
    def keys(self) -> Path:
        """Where the key ring lies."""
        return self.keys_file or self.data_dir / "keys.json"

    @property
    def mail_host(self) -> str:
        """The right side of Message-ID and the name in EHLO."""
        return self.smtp_hostname or urlsplit(self.base_url).hostname or "localhost"
