"""A Postfix of the tests' own, as receivers and relays run it: it passes all it gets to one next server.

It has its own settings, queue and certificate, listens on loopback only, asks no DNS, and knows one way
out: a port of this machine. Root must start it, as everywhere; its programs are Debian's.
"""

from __future__ import annotations

import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.programs import end_with_parent
from tests.servers.certificates import certificates

PROGRAMS = "/usr/lib/postfix/sbin"
OWNER, GROUP = "postfix", "postdrop"  # whom Debian's package makes for it
MEMORY = Path("/dev/shm")  # a queue that is lost with the power is as good here, and no disk is measured
READY_WITHIN = 30.0  # seconds; machines are shared
POLL = 0.05  # seconds between two tries

MAIN = """\
compatibility_level = 3.6
maillog_file = {folder}/log/mail
maillog_file_prefixes = {folder}
config_directory = {folder}/settings
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {programs}
mail_owner = {owner}
setgid_group = {group}
myhostname = relay.test
mydestination =
alias_maps =
local_transport = error:nobody lives here
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
relayhost = [127.0.0.1]:{onward}
default_transport = smtp:[127.0.0.1]:{onward}
smtp_tls_security_level = none
smtpd_tls_security_level = {security}
smtpd_tls_chain_files = {folder}/settings/chain.pem
# As strict as it can be: no command before its time, no line that ends in any other way than CR LF.
smtpd_data_restrictions = reject_unauth_pipelining
smtpd_forbid_unauth_pipelining = yes
smtpd_forbid_bare_newline = yes
strict_rfc821_envelopes = yes
in_flow_delay = 0
"""
SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """One that runs: where it listens, who signed its certificate (a file), and what it writes down."""

    port: int
    tls: bool
    authority: Path
    log: Path

    @property
    def url(self) -> str:
        return f"smtp{'+starttls' if self.tls else ''}://127.0.0.1:{self.port}"

    def offers(self) -> set[str]:
        """What it says it can do, to who asks."""
        with smtplib.SMTP("127.0.0.1", self.port, "tests.example.org", timeout=READY_WITHIN) as client:
            client.ehlo()
            return set(client.esmtp_features)


def _settle(folder: Path, port: int, onward: int, *, tls: bool, more: tuple[str, str]) -> None:
    """Its settings and the folders it wants to find."""
    folder.chmod(0o755)  # Postfix's own user must get in
    for name in ("settings", "queue", "data", "log"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", OWNER)
    settings = folder / "settings"
    words = {"folder": folder, "programs": PROGRAMS, "owner": OWNER, "group": GROUP}
    security = "encrypt" if tls else "may"
    (settings / "main.cf").write_text(MAIN.format(onward=onward, security=security, **words) + more[0])
    (settings / "master.cf").write_text(SERVICES.format(port=port) + more[1])
    (settings / "chain.pem").write_bytes(certificates().chain())
    (settings / "chain.pem").chmod(0o600)
    (folder / "authority.pem").write_text(certificates().authority)


def _able() -> str:
    """The program; fails with what to do when it is not there or may not be started."""
    program = shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "Postfix is missing: run `make test-system`, which installs it"
    assert os.geteuid() == 0, "Postfix starts as root only: run `make test-system` as root"
    assert pwd.getpwnam(OWNER), f"Debian's package makes the user {OWNER}"
    return program


def _wait(relay: Postfix, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end and process.poll() is None:
        with suppress(ConnectionError, smtplib.SMTPException):
            relay.offers()
            return
        time.sleep(POLL)
    raise AssertionError("Postfix does not answer: " + relay.log.with_name("start").read_text())


@contextmanager
def running(
    port: int, onward: int, *, tls: bool = False, more: tuple[str, str] = ("", "")
) -> Iterator[Postfix]:
    """Start one that passes everything on to a port of this machine, and stop it again.

    `more` is what else stands in its main.cf and in its master.cf.
    """
    program = _able()
    folder = Path(tempfile.mkdtemp(prefix="bode-postfix-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        _settle(folder, port, onward, tls=tls, more=more)
        command = [program, "-c", str(folder / "settings")]
        relay = Postfix(port, tls, folder / "authority.pem", folder / "log" / "mail")
        with relay.log.with_name("start").open("wb") as said:
            process = subprocess.Popen(
                [*command, "start-fg"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,  # it ends its whole group when it is stopped
                preexec_fn=end_with_parent,  # noqa: PLW1509  no other thread is forking here
            )
        try:
            _wait(relay, process)
            yield relay
        finally:
            subprocess.run([*command, "stop"], check=False, capture_output=True)
            process.wait(READY_WITHIN)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
