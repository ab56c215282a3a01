"""A file of DKIM keys is kept to its owner, shows nothing, and says what is wrong with it."""

from __future__ import annotations

import base64
import json
import re
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from app.core.errors import Refused
from app.mail.dkim import Keys
from tests.mail.signed import KEYS, published, signed, verdicts


def pem(private, lock=None):
    encryption = lock or NoEncryption()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


GOOD_RSA = {"selector": "a", "algorithm": "rsa", "private": pem(KEYS.keys[0].private)}
SMALL = rsa.generate_private_key(65537, 1024)  # noqa: S505  (to be refused)
OTHER = ec.generate_private_key(ec.SECP256R1())
SEED = base64.b64encode(bytes(range(32))).decode()


def written(path, *entries, domain="nieuwsbrief.example", mode=0o600):
    path.write_text(json.dumps({"domain": domain, "keys": list(entries)}))
    path.chmod(mode)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dkim.json"


def test_keys_come_back_as_they_were_saved(path):
    KEYS.save(path)
    back = Keys.load(path)
    assert back.dns_records() == KEYS.dns_records()
    assert signed(keys=back) == signed()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_not_overwritten(path):
    path.write_text("mine")
    with pytest.raises(Refused, match="not overwritten"):
        KEYS.save(path)
    assert path.read_text() == "mine"


def test_an_edwards_key_may_be_its_bare_seed(path):
    keys = Keys.load(written(path, GOOD_RSA, {"selector": "b", "algorithm": "ed25519", "private": SEED}))
    assert verdicts(signed(keys=keys), keys) == [True, True]


def test_rsa_alone_will_do(path):
    assert [key.kind for key in Keys.load(written(path, GOOD_RSA)).keys] == ["rsa"]


def test_no_representation_shows_a_key(path):
    KEYS.save(path)
    shown = repr(KEYS) + str(KEYS) + repr(KEYS.keys) + f"{Keys.load(path)}"
    assert "PRIVATE" not in shown
    assert re.sub(r"Keys?\([a-z0-9.-]+\)|[(), ]", "", shown) == ""


def edwards(**changes):
    private = pem(ed25519.Ed25519PrivateKey.generate())
    return {"selector": "b", "algorithm": "ed25519", "private": private, **changes}


WRONG = {
    "Ed25519 alone": [edwards()],
    "no key": [],
    "two RSA keys": [GOOD_RSA, {**GOOD_RSA, "selector": "c"}],
    "two keys of one name": [GOOD_RSA, edwards(selector="a")],
    "too short": [{**GOOD_RSA, "private": pem(SMALL)}],
    "another algorithm": [{**GOOD_RSA, "private": pem(OTHER)}],
    "the wrong algorithm's name": [{**GOOD_RSA, "algorithm": "ed25519"}],
    "a password": [{**GOOD_RSA, "private": pem(KEYS.keys[0].private, BestAvailableEncryption(b"x"))}],
    "a broken PEM": [{**GOOD_RSA, "private": GOOD_RSA["private"][:300]}],
    "a short seed": [GOOD_RSA, edwards(private=SEED[:20])],
    "not text": [{**GOOD_RSA, "private": 7}],
    "no selector": [{"algorithm": "rsa", "private": GOOD_RSA["private"]}],
    "a selector with a blank": [{**GOOD_RSA, "selector": "a b"}],
    "no keys at all": ["rsa"],
}


@pytest.mark.parametrize("entries", WRONG.values(), ids=WRONG.keys())
def test_keys_that_receivers_would_refuse_are_refused_and_not_shown(path, entries):
    with pytest.raises(Refused) as refused:
        Keys.load(written(path, *entries))
    assert "MII" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("domain", ["", "example", "Example.org", "a..b", "-a.example", "a b.example", None])
def test_a_domain_that_is_none_is_refused(path, domain):
    with pytest.raises(Refused):
        Keys.load(written(path, GOOD_RSA, domain=domain))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused_with_the_remedy(path, mode):
    with pytest.raises(Refused, match="chmod 600"):
        Keys.load(written(path, GOOD_RSA, mode=mode))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"domain": "a.example"}', "\x00", "7"])
def test_a_file_that_is_something_else_is_refused(path, content):
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(Refused):
        Keys.load(path)


def test_a_file_that_is_not_there_is_refused_with_the_remedy(path):
    with pytest.raises(Refused, match="bode keys new --dkim"):
        Keys.load(path)


def test_records_for_dns_hold_the_public_keys_in_strings_that_fit():
    assert [name for name, _ in KEYS.dns_records()] == [
        "bode-rsa-202611._domainkey.nieuwsbrief.example",
        "bode-ed-202611._domainkey.nieuwsbrief.example",
    ]
    for _, value in KEYS.dns_records():
        assert max(len(string) for string in re.findall(r'"([^"]*)"', value)) <= 255
    first, second = published().values()
    assert first.startswith("v=DKIM1; k=rsa; p=")
    assert second.startswith("v=DKIM1; k=ed25519; p=")
    public = load_der_public_key(base64.b64decode(first.partition("p=")[2]))
    assert public.public_numbers() == KEYS.keys[0].private.public_key().public_numbers()
    assert len(base64.b64decode(second.partition("p=")[2])) == 32


def test_only_senders_of_exactly_the_domain_may_sign():
    KEYS.check_sender("post@nieuwsbrief.example")
    KEYS.check_sender("post@Nieuwsbrief.Example")
    for other in ("post@sub.nieuwsbrief.example", "post@example", "post@nieuwsbrief.example.org", "post"):
        with pytest.raises(Refused) as refused:
            KEYS.check_sender(other)
        assert "post@" not in str(refused.value)
