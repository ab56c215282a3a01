"""Where mail is handed over: never in plaintext to another machine, and never with the password shown."""

from __future__ import annotations

import pytest

from app.mail.smtp import BadRelay, Relay
from app.mail.smtp.relay import Security

READ = [
    ("smtp://localhost", ("localhost", 25, Security.NONE, None, None)),
    ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, Security.NONE, None, None)),
    ("smtp://127.1.2.3/", ("127.1.2.3", 25, Security.NONE, None, None)),
    ("smtp://[::1]:1025", ("::1", 1025, Security.NONE, None, None)),
    ("smtp://mail.localhost", ("mail.localhost", 25, Security.NONE, None, None)),
    ("SMTPS://Mail.Example.org", ("mail.example.org", 465, Security.TLS, None, None)),
    ("smtps://[2001:db8::1]", ("2001:db8::1", 465, Security.TLS, None, None)),
    (" smtp+starttls://mail.example.org ", ("mail.example.org", 587, Security.STARTTLS, None, None)),
    (
        "smtps://bo%40de:s%2Fe%3Ac%23r%2C%C3%A9t@mail.example.org:10465",
        ("mail.example.org", 10465, Security.TLS, "bo@de", "s/e:c#r,ét"),
    ),
]

REFUSED = [
    *("", "mail.example.org", "localhost:25", "http://mail.example.org", "smtp+tls://mail.example.org"),
    *("smtps://", "smtps://:465", "smtps://user:secret@", "smtps://mail.example.org:port"),
    *("smtps://mail.example.org:99999", "smtps://[::1", "smtps://mail.example.org/path"),
    *("smtps://mail.example.org?verify=no", "smtps://mail.example.org#x", "smtps://bode@mail.example.org"),
    *("smtps://bode:secret/x@mail.example.org", "smtps://bode:%ff@mail.example.org"),
    *("smtps://bode:secret@mail.example.org:x",),
]

ELSEWHERE = [
    "mail.example.org",
    "10.0.0.1",
    "[2001:db8::1]",
    "localhost.example.org",
    "127.0.0.1.example.org",
]


@pytest.mark.parametrize(("url", "parts"), READ)
def test_a_relay_is_read_from_one_line(url: str, parts: tuple[object, ...]) -> None:
    relay = Relay.parse(url, production=True)
    assert (relay.host, relay.port, relay.security, relay.user, relay.password) == parts


@pytest.mark.parametrize("url", REFUSED)
def test_what_names_no_relay_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadRelay) as refusal:
        Relay.parse(url, production=False)
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is refusal.value.__context__ is None


@pytest.mark.parametrize("host", ELSEWHERE)
def test_plaintext_leaves_this_machine_only_outside_production_and_without_a_password(host: str) -> None:
    for url, production in ((f"smtp://{host}", True), (f"smtp://bode:secret@{host}", False)):
        with pytest.raises(BadRelay, match="plaintext"):
            Relay.parse(url, production=production)
    assert Relay.parse(f"smtp://{host}", production=False).security is Security.NONE


def test_several_relays_keep_their_order() -> None:
    relays = Relay.parse_all("smtps://a.example.org, smtp+starttls://b.example.org,", production=True)
    assert [relay.host for relay in relays] == ["a.example.org", "b.example.org"]
    with pytest.raises(BadRelay):
        Relay.parse_all(" , ", production=True)


def test_a_relay_is_shown_without_user_and_password() -> None:
    relay = Relay.parse("smtps://bode:secret@[2001:db8::1]:465", production=True)
    assert str(relay) == "smtps://[2001:db8::1]:465"
    assert "secret" not in repr(relay)
    assert "bode" not in repr(relay)
