"""Headers come out as they went in, and nothing that is typed can become a header of its own."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.mail import headers
from app.mail.compile import (
    BadHeader,
    Gap,
    compile_letter,
)
from tests.mail.letters import LEAVE_URL, MARKERS, compiled, filled, letter, parsed, with_values


def name_of(octets):
    """The sender's name by RFC 2047; Python 3.11's new parser keeps blanks between encoded words."""
    raw = message_from_bytes(octets, policy=policy.compat32)["From"].replace("\r\n", "")
    return str(make_header(decode_header(parseaddr(raw)[0])))


one_line = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=100
).filter(lambda text: text.strip() == text != "")

INJECTIONS = [
    "x\r\nBcc: a@kwaad.example",
    "x\nBcc: a@kwaad.example",
    "x\rBcc: y",
    "x\0y",
    "x\u2028y",
    "x\u2029y",
    "x\x85y",
    "\ud800",
    "x\x1by",
]


@settings(max_examples=300)
@given(subject=one_line, name=one_line)
@example(subject="=?utf-8?q?Bcc?=", name='"Dana" \\ <dana@kwaad.example>')
@example(subject="a  b", name="Jan de Vries, (griffier)")
@example(subject="é" * 100, name="👩🏽‍⚖️" * 20)
@example(subject="x" * 100, name="x" * 100)
def test_subject_and_name_come_out_as_they_went_in(subject, name):
    octets = filled(subject=subject, sender_name=name)
    message = parsed(octets)
    assert message["Subject"] == subject
    assert name_of(octets) == name
    assert message["From"].addresses[0].addr_spec == "nieuwsbrief@nieuwsbrief.example"
    assert not any(header in message for header in ("Bcc", "Cc", "Sender"))
    head = octets.partition(b"\r\n\r\n")[0]
    assert all(len(word) <= 75 for word in re.findall(rb"=\?\S*\?=", head))
    assert head.isascii()
    assert all(
        len(line) <= 78 for line in head.split(b"\r\n") if line.startswith((b"Subject", b"From", b" =?"))
    )


def test_the_link_to_stop_is_one_line_without_encoded_words():
    line = next(line for line in filled().split(b"\r\n") if line.startswith(b"List-Unsubscribe:"))
    assert line == b"List-Unsubscribe: <" + with_values(LEAVE_URL).encode() + b">"


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("field", ["subject", "sender_name", "sender", "reply_to", "header"])
def test_a_line_break_never_reaches_a_header(field, text):
    changes = {"headers": (("List-Help", text),)} if field == "header" else {field: text}
    with pytest.raises(BadHeader) as refused:
        compile_letter(
            letter(**changes),
            markers={g: MARKERS[g] for g in (Gap.TO, Gap.DATE, Gap.MESSAGE_ID, Gap.LEAVE)},
            boundary_seed=b"",
        )
    assert "kwaad" not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    ["Bcc", "to", "Content-Type", "DKIM-Signature", "Return-Path", "X Y", "X:Y", "", "X\r\nY", "Ünder"],
)
def test_headers_that_are_not_ours_to_add_are_refused(name):
    with pytest.raises(BadHeader):
        compiled(headers=((name, "x"), ("List-Help", LEAVE_URL)))


@pytest.mark.parametrize("value", ["é", "=?utf-8?q?x?=", "", " ", " x", "x" * 2000])
def test_a_structured_header_is_plain_ascii(value):
    with pytest.raises(BadHeader):
        compiled(headers=(("List-Help", value), ("X-Leave", LEAVE_URL)))


def test_a_header_is_not_added_twice():
    with pytest.raises(BadHeader):
        compiled(headers=(("List-Help", LEAVE_URL), ("list-help", LEAVE_URL)))


@pytest.mark.parametrize("mailbox", ["a@b, c@d", "a", "a@", "@b", "<a@b>", "a b@c", "a@b\n", "é@b.example"])
def test_sender_and_reply_address_are_one_plain_mailbox(mailbox):
    for field in ("sender", "reply_to"):
        with pytest.raises(BadHeader):
            compiled(**{field: mailbox})


def test_a_title_with_accents_names_the_list_without_encoded_words():
    assert headers.list_id('Raad & Reële "zorg"', "raad.example") == (
        "List-Id",
        '"Raad & Reele zorg" <raad.example>',
    )
    assert headers.list_id("☃", "raad.example") == ("List-Id", "<raad.example>")


def test_a_header_that_is_too_long_is_folded_between_links_and_before_the_name_of_a_list():
    name = "weerbaar-bestuur.nieuwsbrief.netwerk-weerbaar-bestuur.example"
    folded = headers.fold(*headers.list_id("Weerbaar Bestuur", name))
    assert folded == f'List-Id: "Weerbaar Bestuur"\r\n <{name}>\r\n'
    links = f"<https://{name}/a>, <https://{name}/b>"
    assert (
        headers.fold("List-Help", links) == f"List-Help: {links.replace(', ', f',{chr(13)}{chr(10)} ')}\r\n"
    )


def test_a_letter_without_a_subject_is_refused():
    with pytest.raises(BadHeader):
        compiled(subject=" ")
