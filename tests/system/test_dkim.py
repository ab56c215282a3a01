"""Programs that receivers really use find our signatures good, also after a trip through a mail server."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.issue import State
from app.mail.compile import Gap
from app.mail.dkim import new_keys
from tests.cast import ALICE, Stage
from tests.conftest import Clock
from tests.mail.letters import VALUES, compiled
from tests.mail.signed import KEYS, NOW, published, signed
from tests.sending import TEXT, approved, over, reached, send, working
from tests.system.test_postfix import BACKLOG, free_port, program, wait_for

# Debian's Mail::DKIM knows no Ed25519; DNS is a file here.
PERL = r"""
use strict; use warnings; no warnings "redefine";
use Mail::DKIM::Verifier; use Mail::DKIM::DNS; use Net::DNS;
open my $file, "<", $ARGV[0] or die;
my %records = map { chomp; split / /, $_, 2 } <$file>;
*Mail::DKIM::DNS::query_async = sub {
    my ($name, $type, %asked) = @_;
    my @strings = $records{$name} =~ /(.{1,255})/g;
    my $record = Net::DNS::RR->new(name => $name, type => "TXT", txtdata => \@strings);
    return sub { $asked{Callbacks}{Success}->($record) };
};
my $verifier = Mail::DKIM::Verifier->new;
local $/; $verifier->PRINT(<STDIN>); $verifier->CLOSE;
print $_->algorithm, " ", $_->result, "\n" for $verifier->signatures;
"""
DOTS = TEXT + "\n.begint met een punt\n\n..en nog een\n"


def records(folder: Path, keys=KEYS) -> Path:
    file = folder / "records"
    file.write_text("".join(f"{name} {text}\n" for name, text in published(keys).items()))
    return file


def by_perl(message: bytes, folder: Path, keys=KEYS) -> dict[str, str]:
    """What Mail::DKIM says of each algorithm."""
    command = ["perl", "-e", PERL, str(records(folder, keys))]
    told = subprocess.run(command, input=message, check=True, capture_output=True).stdout.decode()
    return dict(line.split() for line in told.splitlines())


def by_opendkim(message: bytes, folder: Path, keys=KEYS) -> dict[str, str]:
    """What OpenDKIM writes above the mail for each algorithm."""
    letter, settings = folder / "letter", folder / "settings"
    letter.write_bytes(message)
    lines = ["Mode v", f"TestPublicKeys {records(folder, keys)}", "Syslog no", "AlwaysAddARHeader yes"]
    settings.write_text("\n".join([*lines, "AuthservID tests", "On-BadSignature accept"]) + "\n")
    command = [program("opendkim"), "-x", str(settings), "-t", str(letter), "-vv"]
    told = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    return {kind: verdict for verdict, kind in re.findall(r"dkim=(\w+)[^;]*header\.a=([\w-]+)", told)}


VALUE = {**VALUES, Gap.TO: "josé@voorbeeld.example".encode()}


@pytest.mark.parametrize("message", [signed(), signed(values=VALUE), signed(compiled(headers=()))])
def test_both_programs_find_the_signatures_good(message: bytes, tmp_path: Path) -> None:
    assert by_opendkim(message, tmp_path) == {"rsa-sha256": "pass", "ed25519-sha256": "pass"}
    assert by_perl(message, tmp_path)["rsa-sha256"] == "pass"


@pytest.mark.parametrize("place", [b"Subject: S", b"Beste l"])
def test_both_programs_notice_a_change(place: bytes, tmp_path: Path) -> None:
    message = signed().replace(place, place[:-1] + b"#", 1)
    assert message != signed()
    assert by_opendkim(message, tmp_path) == {"rsa-sha256": "fail", "ed25519-sha256": "fail"}
    assert by_perl(message, tmp_path)["rsa-sha256"] == "fail"


@contextmanager
def keeping(folder: Path) -> Iterator[int]:
    """Postfix's sink that writes each mail to a file of its own, as a mailbox would; its port."""
    port, user = free_port(), pwd.getpwuid(os.geteuid()).pw_name
    asked = [*(["-u", user] if user == "root" else []), "-d", f"{folder}/mail."]
    server = subprocess.Popen([program("smtp-sink"), *asked, f"127.0.0.1:{port}", BACKLOG])
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def mail_to(address: str, folder: Path) -> bytes:
    mails = [file.read_bytes() for file in folder.glob("mail.*")]
    (found,) = (mail for mail in mails if f"\nTo: {address}\n".encode() in mail)
    return found.replace(b"\n", b"\r\n")


async def test_an_issue_that_went_through_a_mail_server_is_good(
    cast: Stage, clock: Clock, tmp_path: Path
) -> None:
    keys = new_keys("example.org", NOW)
    keys.save(tmp_path / "dkim.json")
    issue_id = await approved(cast, clock(), DOTS)
    with keeping(tmp_path) as port:
        house = over(cast.house, f"smtp://127.0.0.1:{port}", dkim_keys=tmp_path / "dkim.json")
        async with working(house):
            await send(house, issue_id)
            await reached(house, issue_id, State.SENT)
    arrived = mail_to(ALICE, tmp_path)
    assert b"\n.begint" in arrived
    assert by_opendkim(arrived, tmp_path, keys) == {"rsa-sha256": "pass", "ed25519-sha256": "pass"}
    assert by_perl(arrived, tmp_path, keys)["rsa-sha256"] == "pass"
