"""`bode serve` listens, says where, answers, and ends in good order."""

from __future__ import annotations

import json
import signal
import socket

import httpx2

from tests.cli.desk import Desk, line_with


def test_it_says_where_it_listens_answers_and_ends_with_0(office: Desk) -> None:
    with office.popen("serve", "--port", "0") as process:
        url = json.loads(line_with(process, "web.ready"))["url"]
        page = httpx2.get(f"{url}/nl/weerbaar-bestuur", timeout=30)
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=30)
        assert page.status_code == httpx2.codes.OK
        assert "server" not in page.headers
        assert process.returncode == 0
        assert "/nl/weerbaar-bestuur" not in rest  # no line a visit


def test_in_production_it_warns_while_the_controller_s_details_are_empty(production: Desk) -> None:
    production.furnish()
    with production.popen("serve", "--port", "0") as process:
        warning = json.loads(line_with(process, "newsletter.incomplete"))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert warning["newsletter"] == "weerbaar-bestuur"
    assert "controller" in warning["lacks"]


def test_a_relay_without_tls_is_refused_before_anybody_signs_up(production: Desk) -> None:
    production.furnish()
    production.environment["BODE_SMTP_URL"] = "smtp://mail.example.org:25"
    for command in (("serve", "--port", "0"), ("worker",)):
        assert "BODE_SMTP_URL" in production.refused(*command)


def test_a_taken_port_is_told_with_another(office: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        reason = office.refused("serve", "--port", str(port))
    assert f"port {port} on 127.0.0.1 is taken" in reason
    assert f"--port {port + 1}" in reason


def test_an_address_that_is_not_this_machine_s_is_refused(office: Desk) -> None:
    with office.popen("serve", "--host", "192.0.2.1") as process:
        _, reason = process.communicate(timeout=30)
    assert process.returncode == 1
    assert reason.startswith("cannot listen on 192.0.2.1 port 8000")


def test_a_port_that_cannot_be_ends_with_2(office: Desk) -> None:
    assert "65535" in office.refused("serve", "--port", "70000", code=2)
