"""The organisation's own sign-in, as the NL GOV profile for OpenID Connect 1.0.1 asks.

Only the code flow with PKCE (S256); we show who we are with a signed statement (private_key_jwt) and
never with a shared secret; only RS256 and PS256 count. Nothing of the provider is kept but a number.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from app.core.settings import Settings

ALGORITHMS: Final = ["PS256", "RS256"]  # the profile: RS256 supported, PS256 advised, nothing weaker
OURS: Final = "RS256"  # every provider takes it; some offer PS256 and then refuse it
PATIENCE: Final = 10.0  # seconds for each answer of the provider
LEEWAY: Final = 60  # seconds that clocks may differ
SECRET_BYTES: Final = 24  # 192 bits for state and nonce
VERIFIER_BYTES: Final = 36  # 48 characters; RFC 7636 asks for 43 at least
# To be asked anew over there, and to be told when that was: a provider must say so to who sends max_age.
# Not 0: some providers would then never be done with asking.
ANEW: Final = {"prompt": "login", "max_age": str(LEEWAY)}
# What counts as two factors: RFC 8176 for amr, the levels of eIDAS for acr.
STRONG: Final = frozenset(("http://eidas.europa.eu/LoA/substantial", "http://eidas.europa.eu/LoA/high"))


class NotVouched(Exception):
    """The provider did not say who it is, or not in a way that counts."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser takes along to the provider and must bring back.

    `since` is set when somebody who is signed in shows again who they are: what they showed over there
    before that moment, in seconds since 1970, does not count.
    """

    state: str
    nonce: str
    verifier: str
    since: int = 0


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for, and whether two factors were shown there."""

    subject: str
    twice: bool


def asked(*, since: int = 0) -> Asked:
    """Fresh secrets for one sign-in."""
    state, nonce = secrets.token_urlsafe(SECRET_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    return Asked(state, nonce, secrets.token_urlsafe(VERIFIER_BYTES), since)


class Provider:
    """One identity provider; what it says of itself is asked anew at each sign-in, so its keys may change."""

    def __init__(self, issuer: str, client: str, key: str, back: str) -> None:
        self.issuer, self._client_id, self._back = issuer, client, back
        self._key = RSAKey.import_key(key, {"use": "sig"})
        self._key.ensure_kid()

    @property
    def keys(self) -> dict[str, Any]:
        """Our public key, for the provider (jwks_uri)."""
        return {"keys": [self._key.as_dict(private=False)]}

    async def address(self, sent: Asked) -> str:
        """Where the browser goes to sign in; raises NotVouched when the provider cannot be had."""
        try:
            async with self._client() as client:
                known = await self._metadata(client)
                address, _ = client.create_authorization_url(
                    known["authorization_endpoint"],
                    state=sent.state,
                    nonce=sent.nonce,
                    code_verifier=sent.verifier,
                    **(ANEW if sent.since else {}),
                )
        except (httpx2.HTTPError, ValueError, KeyError) as trouble:
            raise NotVouched("the provider cannot be reached") from trouble
        return str(address)

    async def vouched(self, code: str, sent: Asked, now: datetime) -> Vouched:
        """Trade the code for who it is; raises NotVouched for anything that is not right."""
        try:
            async with self._client() as client:
                known = await self._metadata(client)
                to = known["token_endpoint"]
                headers = {"kid": self._key.kid}
                client.register_client_auth_method(PrivateKeyJWT(to, headers=headers, alg=OURS))
                token = await client.fetch_token(to, code=code, code_verifier=sent.verifier)
                read: Any = await _read(client, known["jwks_uri"])
                keys = KeySet.import_key_set(read)
            return self._judged(token["id_token"], keys, sent, now)
        except (AuthlibBaseError, JoseError, httpx2.HTTPError, ValueError, KeyError) as trouble:
            raise NotVouched(str(trouble)) from trouble

    def _judged(self, token: str, keys: KeySet, sent: Asked, now: datetime) -> Vouched:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        needed: dict[str, Any] = {each: {"essential": True} for each in ("sub", "exp", "iat")}
        expected = {"iss": self.issuer, "aud": self._client_id, "nonce": sent.nonce}
        needed |= {name: {"essential": True, "value": value} for name, value in expected.items()}
        jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=LEEWAY, **needed).validate(claims)
        if claims.get("azp", self._client_id) != self._client_id:
            raise NotVouched("the statement is for somebody else")
        if sent.since and _shown_at(claims) < sent.since - LEEWAY:
            raise NotVouched("nobody was asked anew")
        twice = "mfa" in (claims.get("amr") or []) or claims.get("acr") in STRONG
        return Vouched(str(claims["sub"]), twice)

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._client_id,
            self._key,
            scope="openid",
            redirect_uri=self._back,
            code_challenge_method="S256",
            token_endpoint_auth_method=PrivateKeyJWT.name,
            timeout=PATIENCE,
        )

    async def _metadata(self, client: AsyncOAuth2Client) -> dict[str, Any]:
        found = await _read(client, self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise NotVouched("the provider gives itself another name")
        return found


def _shown_at(claims: dict[str, Any]) -> float:
    """When the person last showed over there who they are; a provider that does not tell never asked."""
    told = claims.get("auth_time")
    return told if isinstance(told, int | float) else 0


async def _read(client: AsyncOAuth2Client, url: str) -> dict[str, Any]:
    answer = await client.request("GET", url, withhold_token=True)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def provider_of(settings: Settings, back: str) -> Provider | None:
    """The provider that the operator set, if any."""
    if not settings.oidc_issuer or settings.oidc_key_file is None:
        return None
    key = Path(settings.oidc_key_file).read_text()
    return Provider(settings.oidc_issuer, settings.oidc_client, key, settings.base_url + back)
