"""From the form to the farewell, as a reader meets it."""

from __future__ import annotations

from tests.journeys.service import Service, link_in, links, plain
from tests.sending import TEXT

READER = "lezer+nieuws@example.net"


def test_from_the_form_to_the_farewell(service: Service) -> None:
    service.worker()
    asked = service.sign_up(READER)
    assert "nog één stap" in asked.text.lower()
    (confirmation,) = service.letters(READER)
    assert service.count() == 0
    link = link_in(confirmation, "/bevestigen/")
    assert service.http.get(link).status_code == 200
    assert service.count() == 0
    assert service.http.post(link).status_code == 200
    assert service.count() == 1

    issue_id = service.issue(TEXT)
    service.bode("issue", "send", issue_id)
    report = service.sent(issue_id)
    assert (report["audience"], report["accepted"], report["waiting"]) == (1, 1, 0)
    newsletter = service.letters(READER, 2)[-1]
    assert newsletter["Subject"] == "Nieuws van de maand: zó doet u dat"

    one_click = str(newsletter["List-Unsubscribe"]).strip("<>")
    assert service.http.get(one_click).status_code == 200
    assert service.count() == 1
    for _ in range(2):
        answer = service.http.post(one_click, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert service.count() == 0
    again = service.sign_up(READER)
    assert again.content == asked.content


def test_a_reader_sees_changes_and_erases_their_own_data(service: Service) -> None:
    service.worker()
    service.join(READER)
    service.http.post("/nl/weerbaar-bestuur/mijn-gegevens", data={"address": READER})
    own = link_in(service.letters(READER, 2)[-1], "/gegevens/")
    page = service.http.get(own)
    assert READER in page.text
    held = service.http.get(f"{own}/json").json()
    assert READER in str(held)
    erase = service.http.get(f"{own}/wissen" if "wissen" in page.text else f"{own}/erase")
    assert erase.status_code == 200
    assert service.http.post(str(erase.url)).status_code == 200
    assert service.count() == 0
    assert service.http.get(own).status_code == 410


def test_the_mail_says_that_there_is_one_more_step_and_who_asked(service: Service) -> None:
    service.worker()
    service.sign_up(READER)
    mail = service.letters(READER)[0]
    text = plain(mail)
    assert "nog" in text
    assert mail["List-Unsubscribe"] is None
    assert mail["Auto-Submitted"] == "auto-generated"
    not_me = link_in(mail, "/niet-ik/")
    assert service.http.post(not_me).status_code == 200
    assert service.http.post(link_in(mail, "/bevestigen/")).status_code == 410
    assert service.count() == 0
    assert all(each.startswith(service.base) for each in links(mail))
