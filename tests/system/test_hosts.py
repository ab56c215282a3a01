"""Hosts lose their network: a worker that is cut off hinders nobody, and the others send all."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network
from itertools import islice
from pathlib import Path

import pytest

from tests.faults import scene as scenes
from tests.faults.promise import kept_its_promise
from tests.faults.proxy import before
from tests.faults.scene import Scene
from tests.journeys.service import BODE, Service, until
from tests.journeys.test_crash_while_sending import copies, fill
from tests.sending import TEXT
from tests.servers import smtp

READERS = 300
TRIALS = ip_network("198.18.0.0/15")  # kept apart for trials of networks (RFC 2544)
OWN = next(islice(TRIALS.subnets(new_prefix=28), os.getpid() % 2**13, None))  # two at once do not meet
CENTRE, *PLACES = map(str, OWN.hosts())  # where database and mail server are, and where workers can be


@pytest.fixture
def island() -> Iterator[str]:
    """A network namespace without any way out."""
    name = f"bode-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield name
    subprocess.run(["ip", "netns", "delete", name], check=True)


@pytest.mark.parametrize("urls", ["postgresql"], indirect=True)
def test_a_worker_that_is_cut_off_hinders_nobody(service: Service, island: str) -> None:
    fill(service, READERS)
    issue_id = service.issue(TEXT)
    service.bode("issue", "send", issue_id)
    lonely = subprocess.Popen(
        ["ip", "netns", "exec", island, BODE, "worker"],
        env=service.environment,
        cwd=service.folder,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: service.state(issue_id) == "sending", "the lonely worker begins")
        assert not copies(service)
        service.worker()
        report = service.sent(issue_id)
    finally:
        lonely.kill()
        lonely.wait()
    got = copies(service)
    assert len(got) == READERS
    assert {len(each) for each in got.values()} == {1}
    assert (report["accepted"], report["in_doubt"]) == (READERS, 0)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


class Host:
    """A network namespace with one cable to the centre."""

    def __init__(self, number: int, switch: str) -> None:
        self.name = f"{switch}-{number}"
        self.cable = f"{switch}v{number}"
        ip("netns", "add", self.name)
        ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("link", "set", self.cable, "master", switch, "up")
        ip("-n", self.name, "address", "add", f"{PLACES[number]}/{OWN.prefixlen}", "dev", "eth0")
        ip("-n", self.name, "link", "set", "eth0", "up")

    def unplug(self) -> None:
        ip("link", "set", self.cable, "down")

    def plug(self) -> None:
        ip("link", "set", self.cable, "up")

    def vanish(self) -> None:
        """The cable too: a namespace lives on while a killed worker's connections do."""
        ip("link", "delete", self.cable)
        ip("netns", "delete", self.name)

    def worker(self, scene: Scene) -> subprocess.Popen[bytes]:
        return scene.started("ip", "netns", "exec", self.name, BODE, "worker", **scene.remote)


@contextmanager
def network(count: int) -> Iterator[list[Host]]:
    """Hosts on one switch, which is also at the centre."""
    switch = f"bode{os.getpid() % 100_000}"
    with ExitStack() as stack:
        ip("link", "add", switch, "type", "bridge")
        stack.callback(ip, "link", "delete", switch)
        ip("address", "add", f"{CENTRE}/{OWN.prefixlen}", "dev", switch)
        ip("link", "set", switch, "up")
        hosts = []
        for number in range(count):
            hosts.append(Host(number, switch))
            stack.callback(hosts[-1].vanish)
        yield hosts


@pytest.fixture
def hosts() -> Iterator[list[Host]]:
    """Three of them."""
    with network(3) as found:
        yield found


@pytest.fixture
def spread(make, hosts: list[Host], tmp_path: Path) -> Iterator[Scene]:
    """An issue that three hosts are about to send, over a network that can break."""
    authority = tmp_path / "authority.pem"
    with smtp.Process("--authority", str(authority), tls="starttls", host=CENTRE) as mail:
        scene = make("postgresql", mail=mail, SSL_CERT_FILE=str(authority))
        with before(scene.environment["BODE_DATABASE_URL"], CENTRE) as way:
            for name in ("BODE_DATABASE_URL", "BODE_LEDGER_URL"):
                scene.remote[name] = way.through(scene.environment[name])
            mail.behave(body_delay=scenes.SLOW)
            scene.act("send")
            yield scene
            scene.close()


@pytest.mark.parametrize("back", [False, True], ids=["for_good", "for_a_while"])
def test_one_of_three_hosts_loses_its_network(spread: Scene, hosts: list[Host], back: bool) -> None:
    """One of three hosts loses its network: the other two finish when its lease has run out."""
    workers = [host.worker(spread) for host in hosts]
    spread.handed_over(scenes.READERS // 3)
    hosts[1].unplug()
    if back:
        spread.handed_over(scenes.READERS * 2 // 3)
        hosts[1].plug()
    spread.reaches("sent")
    if not back:
        workers[1].send_signal(signal.SIGKILL)
        hosts[1].plug()  # what its kernel still wants to say comes too late, and is counted
    kept_its_promise(spread, disturbances=1)
