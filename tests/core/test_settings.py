"""Settings: safe when nobody sets anything, and strict in production."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.core.settings import Environment, Settings, is_loopback

WHOLE = {
    "environment": "production",
    "database_url": "postgresql://bode@db/bode",
    "ledger_url": "postgresql://bode@elsewhere/ledger",
    "keys_file": "/etc/bode/keys.json",
    "smtp_url": "smtps://relay.example.org",
    "base_url": "https://nieuwsbrief.example.org",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have settings of their own."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"BODE_{name.upper()}", raising=False)


def test_without_any_setting_it_is_a_demonstration_that_mails_nobody() -> None:
    settings = Settings()
    assert settings.environment is Environment.DEMO
    assert not settings.production
    assert not settings.smtp_url
    assert not settings.allowed_recipients
    assert settings.database == "sqlite+aiosqlite:///data/bode.db"
    assert settings.ledger == "sqlite+aiosqlite:///data/ledger.db"
    assert settings.keys == Path("data/keys.json")


def test_production_with_everything_starts() -> None:
    settings = Settings(**WHOLE)
    assert settings.production
    assert settings.mail_host == "nieuwsbrief.example.org"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"database_url": ""}, "BODE_DATABASE_URL"),
        ({"ledger_url": ""}, "BODE_LEDGER_URL"),
        ({"keys_file": None}, "BODE_KEYS_FILE"),
        ({"smtp_url": ""}, "BODE_SMTP_URL"),
        ({"base_url": "http://nieuwsbrief.example.org"}, "https://"),
        ({"ledger_url": WHOLE["database_url"]}, "not BODE_DATABASE_URL"),
    ],
)
def test_production_refuses_what_is_missing_and_names_it(change: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        Settings(**{**WHOLE, **change})


def test_production_names_everything_that_is_missing_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(environment="production")
    for name in ("BODE_DATABASE_URL", "BODE_LEDGER_URL", "BODE_KEYS_FILE", "BODE_SMTP_URL"):
        assert name in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.8.8.8"])
def test_plain_http_is_for_this_machine_itself(host: str) -> None:
    assert Settings(**{**WHOLE, "base_url": f"http://{host}:8000"}).production


@pytest.mark.parametrize("host", ["example.org", "10.0.0.1", "localhost.example.org", "0.0.0.0", "", "[::]"])
def test_every_other_host_is_another_machine(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url", ["nieuwsbrief.example.org", "ftp://example.org", "https://", "https://x.org?y=1"]
)
def test_an_address_of_the_pages_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="BODE_BASE_URL"):
        Settings(base_url=url)


@pytest.mark.parametrize(
    "domain", ["bounce", "@example.org", "bounce@example.org", "a b.org", "x.org>", "é.nl"]
)
def test_mail_comes_back_to_a_domain(domain: str) -> None:
    assert Settings(bounce_domain="bounce.example.org").bounce_domain == "bounce.example.org"
    with pytest.raises(ValidationError, match="BODE_BOUNCE_DOMAIN"):
        Settings(bounce_domain=domain)


def test_a_slash_at_the_end_does_not_double_in_links() -> None:
    assert Settings(base_url="https://example.org/").base_url == "https://example.org"


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BODE_ALLOWED_RECIPIENTS", " dana@example.org, emre@example.org ,")
    monkeypatch.setenv("BODE_TRUSTED_PROXIES", "")
    settings = Settings()
    assert settings.allowed_recipients == {"dana@example.org", "emre@example.org"}
    assert settings.trusted_proxies == frozenset()


@pytest.mark.parametrize(
    "change",
    [
        {"smtp_connections": 0},
        {"smtp_connections": 201},
        {"lease_seconds": 0.5},
        {"backup_days": 0},
        {"retry_first_seconds": 0},
        {"environment": "staging"},
    ],
)
def test_a_number_out_of_reason_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings(**change)


def test_settings_do_not_change_while_the_service_runs() -> None:
    with pytest.raises(ValidationError):
        Settings().environment = Environment.PRODUCTION


def test_the_organisations_sign_in_needs_tls_and_a_key() -> None:
    with pytest.raises(ValidationError, match="BODE_OIDC_ISSUER must start with https"):
        Settings(oidc_issuer="http://idp.example.org", oidc_key_file=Path("key.pem"))
    with pytest.raises(ValidationError, match="BODE_OIDC_KEY_FILE"):
        Settings(oidc_issuer="https://idp.example.org")
    assert Settings(oidc_issuer="http://127.0.0.1:1", oidc_key_file=Path("key.pem")).oidc_client == "bode"
