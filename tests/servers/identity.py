"""A real identity provider (Canaille) on loopback, in memory, with one person who has an account there.

It demands what the profile asks: a signed statement instead of a secret, and PKCE.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import RSAKey

BACK = "https://bode.example.org/staff/oidc/back"
PASSWORD = "een wachtwoord over daar"


class Threads(ThreadingMixIn, WSGIServer):
    """A browser keeps connections open on which it asks nothing yet; the next one must not wait for that."""

    daemon_threads = True


@dataclass
class Idp:
    """The provider, a person who has an account there, and our key."""

    server: Any
    user: Any
    client: Any
    key: str

    @property
    def issuer(self) -> str:
        return str(self.server.url).rstrip("/")

    @property
    def subject(self) -> str:
        return str(self.user.user_name)

    def forget(self) -> None:
        """Nobody is signed in; a code that was not used spoils the next one of its person, so it goes."""
        self.server.logout()
        for each in list(self.server.backend.query(self.server.models.AuthorizationCode)):
            self.server.backend.delete(each)

    def leads_back_to(self, address: str) -> None:
        """Another service than that of the tests without a browser."""
        self.server.backend.update(self.client, redirect_uris=[BACK, address])
        self.server.backend.save(self.client)


def new_key() -> str:
    """A private key of ours."""
    made = rsa.generate_private_key(65537, 2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_keys(key: str) -> str:
    made = RSAKey.import_key(key, {"use": "sig"})
    made.ensure_kid()
    return json.dumps({"keys": [made.as_dict(private=False)]})


@pytest.fixture(scope="session")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """Started once; it lives in memory and listens on loopback."""
    import pytest_iam  # noqa: PLC0415  (it loads a whole provider)

    port = pytest_iam.portpicker.pick_unused_port()
    words = pytest_iam.iam_configuration.__wrapped__(tmp_path_factory, port)
    app = pytest_iam.create_app(config=words, env_file=".none", env_prefix="NONE_")
    server = pytest_iam.Server(app, port, pytest_iam.Backend.instance)
    server.httpd.server_close()
    handler = server._make_request_handler()  # which keeps quiet
    server.httpd = make_server("localhost", port, app, server_class=Threads, handler_class=handler)
    thread = Thread(target=server.httpd.serve_forever)
    thread.start()
    key = new_key()
    with app.app_context():
        user = server.random_user(user_name="dana.jansen", password=PASSWORD)
        client = server.models.Client(
            client_id="bode",
            client_name="Bode",
            redirect_uris=[BACK],
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=["openid"],
            token_endpoint_auth_method="private_key_jwt",
            token_endpoint_auth_signing_alg="RS256",
            jwks=public_keys(key),
            id_token_signed_response_alg="RS256",
        )
        server.backend.save(client)
        server.backend.update(client, audience=[client])
        server.backend.save(client)
        server.consent(user)
        yield Idp(server, user, client, key)
    server.httpd.shutdown()
    thread.join()
    server.httpd.server_close()
    os.environ.pop("AUTHLIB_INSECURE_TRANSPORT", None)
