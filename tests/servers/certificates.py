"""Certificates for the test servers: one that is fine, one that has run out, and who signed both."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
HERE = "127.0.0.1"


@dataclass(frozen=True)
class Certificates:
    authority: str  # PEM, for clients that should trust these servers
    key: ec.EllipticCurvePrivateKey
    host: str  # the address that the servers are called by

    def good(self) -> ssl.SSLContext:
        return self._server(NOW + DAY)

    def expired(self) -> ssl.SSLContext:
        return self._server(NOW - DAY)

    def chain(self) -> bytes:
        """The good one with its key, for servers that read a file."""
        return _chain(self.key, NOW + DAY, self.host)

    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.authority)

    def _server(self, until: datetime) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:  # ssl reads certificates from files only
            chain = Path(folder) / "chain.pem"
            chain.write_bytes(_chain(self.key, until, self.host))
            context.load_cert_chain(chain)
        return context


def certificates(host: str = HERE) -> Certificates:
    """Certificates for servers at an address, the same each time they are asked for."""
    return _made(host)


@cache
def _made(host: str) -> Certificates:
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Test authority", key, key, "Test authority", NOW + DAY)
    pem = authority.public_bytes(serialization.Encoding.PEM).decode()
    return Certificates(pem, key, host)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    issuer: str,
    until: datetime,
    host: str = HERE,
) -> x509.Certificate:
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(host))]
    authority = x509.BasicConstraints(ca=key is signer, path_length=None)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 2 * DAY)
        .not_valid_after(until)
        .add_extension(authority, critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(issued_by, critical=False)
        .sign(signer, hashes.SHA256())
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _chain(signer: ec.EllipticCurvePrivateKey, until: datetime, host: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate("localhost", key, signer, "Test authority", until, host)
    own = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return own + certificate.public_bytes(serialization.Encoding.PEM)
