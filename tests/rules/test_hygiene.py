"""Nothing in the repository belongs to one machine, to a secret, to somebody else or to later."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.rules.tree import ROOT, files, name

LARGEST = 500 * 1024  # bytes: what is larger is not written by people and cannot be reviewed

# Written apart, so that this file does not find itself.
HOSTS = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "crates" + ".io",
)
HOSTS += ("deb." + "debian.org", "maven" + ".org", "proxy." + "golang.org")
HOSTS += ("jsde" + "livr.net", "unp" + "kg.com")
LATER = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")
FOLDERS = ("wo" + "rk", "roo" + "t", "ho" + "me", "Us" + "ers")
LETTERS = "[A-Za-z0-9_-]"

FORBIDDEN = {
    "a folder of one machine": re.compile(rf"(?<![\w.)])/(?:{'|'.join(FOLDERS)})/\w"),
    "where packages are downloaded": re.compile("|".join(map(re.escape, HOSTS))),
    "a private key": re.compile("-----BEGIN [A-Z ]*" + "PRIVATE KEY-----"),
    "a key to somebody's service": re.compile(
        rf"\b(?:AKIA[0-9A-Z]{{16}}|gh[pousr]_{LETTERS}{{20,}}|glpat-{LETTERS}{{20}}|xox[bp]-{LETTERS}{{10,}})"
    ),
    "something left for later": re.compile(rf"\b(?:{'|'.join(LATER)})\b"),
}


def faults(text: str) -> list[str]:
    """What a text has that it should not have, with the line it is on."""
    return [
        f"line {text.count(chr(10), 0, found.start()) + 1}: {what}"
        for what, pattern in FORBIDDEN.items()
        for found in pattern.finditer(text)
    ]


def text_of(path: Path) -> str:
    """A file's text; what is not text has none."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_file_has_what_does_not_belong() -> None:
    assert files()
    found = [f"{name(path)}, {fault}" for path in files() for fault in faults(text_of(path))]
    assert not found, "\n".join(found)


def test_no_file_is_too_large_to_review() -> None:
    sizes = {name(path): path.stat().st_size for path in files()}
    found = [f"{path}: {size} bytes" for path, size in sizes.items() if size > LARGEST]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_have_hashes_and_no_addresses(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    packages = [line for line in lines if not line.startswith(" ")]
    assert packages
    assert all(re.match(r"[a-z0-9.-]+==\S+ (; .* )?\\$", line) for line in packages)
    hashes = [line for line in lines if line.startswith(" ")]
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in hashes)


def test_a_server_gets_axe_and_no_driver_of_browsers() -> None:
    names = {line.partition("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines()}
    assert "axe-playwright-python" in names
    assert "playwright" not in names


@pytest.mark.parametrize(
    "text",
    [
        "/" + FOLDERS[0] + "/project/app",
        'open("/' + FOLDERS[2] + '/dana/keys")',
        "index = https://" + HOSTS[0] + "/simple",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "# " + LATER[0] + ": later",
    ],
    ids=["a folder", "a home", "a registry", "a key", "later"],
)
def test_what_does_not_belong_is_found(text: str) -> None:
    assert faults(f"first line\n{text}\n")[0].startswith("line 2: ")


@pytest.mark.parametrize("path", ["keys.pem", ".env", "bode.keys", ".venv/bin/python", ".cache/x", "uv.lock"])
def test_keys_and_leftovers_are_never_added_by_accident(path: str) -> None:
    asked = ("git", "-c", "safe.directory=*", "check-ignore", "--quiet", path)
    assert subprocess.run(asked, cwd=ROOT, check=False).returncode == 0
