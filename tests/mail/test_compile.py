"""A compiled letter reads as Python itself would have written it, and nothing can reach outside a gap."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.mail import headers
from app.mail.compile import (
    BadHeader,
    BadLetter,
    BadStore,
    BadValue,
    Compiled,
    Gap,
    Letter,
    Picture,
    TooLarge,
    compile_letter,
)

MARKERS = {
    Gap.TO: "toXq7PmT2vK9bLw4Zs",
    Gap.MESSAGE_ID: "idHn3RcY8dFg5JtQ6x",
    Gap.DATE: "daVz1MkB4sWp7UeN0r",
    Gap.LEAVE: "leGj9TfC2hXy6LoD3a",
}
VALUES = {
    Gap.TO: b"dana@voorbeeld.example",
    Gap.MESSAGE_ID: b"<0f8c2d.1@nieuwsbrief.example>",
    Gap.DATE: b"Tue, 1 Dec 2026 10:00:00 +0100",
    Gap.LEAVE: b"-" + b"Zz09_-" * 9 + b"_",
}
LEAVE_URL = f"https://nieuwsbrief.example/afmelden/{MARKERS[Gap.LEAVE]}"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3


def letter(**changes):
    fields = {
        "subject": "Samen staan we sterker",
        "sender_name": "Netwerk Weerbaar Bestuur",
        "sender": "nieuwsbrief@nieuwsbrief.example",
        "text": f"Beste lezer,\n\nAfmelden: {LEAVE_URL}\n",
        "html": f'<p>Beste lezer</p><p><a href="{LEAVE_URL}">Afmelden</a></p>',
        "reply_to": "redactie@nieuwsbrief.example",
        "headers": (
            *headers.one_click(LEAVE_URL),
            headers.list_id("Weerbaar Bestuur", "wb.nieuwsbrief.example"),
        ),
    }
    return Letter(**{**fields, **changes})


def compiled(**changes):
    return compile_letter(letter(**changes), markers=MARKERS, boundary_seed=b"issue 12")


def filled(**changes):
    return b"".join(compiled(**changes).fill(VALUES))


def parsed(octets):
    return message_from_bytes(octets, policy=policy.default)


def with_values(text):
    for gap, marker in MARKERS.items():
        text = text.replace(marker, VALUES[gap].decode())
    return text


def plain_path(made):
    """The same letter as Python's own EmailMessage writes and reads it."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(made.sender_name, addr_spec=made.sender)
    message["To"] = VALUES[Gap.TO].decode()
    message["Subject"] = made.subject
    message["Date"] = VALUES[Gap.DATE].decode()
    message["Message-ID"] = VALUES[Gap.MESSAGE_ID].decode()
    message.set_content(with_values(made.text), cte="base64")
    message.add_alternative(with_values(made.html), subtype="html", cte="base64")
    return message


def bodies(message):
    return [
        part.get_content().replace("\r\n", "\n")
        for part in message.walk()
        if part.get_content_maintype() == "text"
    ]


def name_of(octets):
    """The sender's name by RFC 2047; `email.policy.default` of Python 3.11 keeps blanks between encoded words."""
    raw = message_from_bytes(octets, policy=policy.compat32)["From"].replace("\r\n", "")
    return str(make_header(decode_header(parseaddr(raw)[0])))


# What people type: accents, emoji, long words, dots and blanks at the edges of lines, and gaps anywhere.
words = st.one_of(
    st.sampled_from(
        [
            "é",
            "ï",
            "🙂",
            "👩🏽‍⚖️",
            "=",
            "=3D",
            "=\n",
            ".",
            "\n.",
            "\n..\n",
            " ",
            "\t",
            " \n",
            "\n",
            "\n\n",
            "From ",
            "--",
            "\x0b",
            "a" * 80,
        ]
    ),
    st.just(MARKERS[Gap.LEAVE]),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=90),
)
bodies_typed = st.lists(words, min_size=1, max_size=25).map("".join).filter(str.strip)
one_line = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=100
).filter(lambda text: text.strip() == text != "")


@settings(max_examples=300, deadline=None)
@given(text=bodies_typed, html=bodies_typed)
@example(text=MARKERS[Gap.LEAVE] * 3, html=f" {MARKERS[Gap.LEAVE]} \n.{MARKERS[Gap.LEAVE]}")
@example(text=f".\n{MARKERS[Gap.LEAVE]}\n.", html=f"x\n{MARKERS[Gap.LEAVE]}=\n")
def test_a_filled_letter_reads_as_python_would_have_written_it(text, html):
    made = letter(text=text, html=html)
    octets = b"".join(compile_letter(made, markers=MARKERS, boundary_seed=b"x").fill(VALUES))
    assert bodies(parsed(octets)) == bodies(plain_path(made))
    assert not parsed(octets).defects
    wire = octets.split(b"\r\n")
    assert all(len(line) <= 76 for line in octets.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    assert not any(b"\r" in line or b"\n" in line for line in wire)
    assert octets.isascii()


@settings(max_examples=300, deadline=None)
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


def test_every_header_is_there_once_and_in_a_sensible_order():
    names = [name for name, _ in parsed(filled()).items()]
    assert names == [
        "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type",
        "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id",
    ]  # fmt: skip


def test_the_readers_own_words_stand_where_they_belong():
    message = parsed(filled())
    assert message["To"] == "dana@voorbeeld.example"
    assert message["Message-ID"] == VALUES[Gap.MESSAGE_ID].decode()
    assert message["Date"].datetime == datetime(2026, 12, 1, 9, tzinfo=UTC)
    url = with_values(LEAVE_URL)
    assert message["List-Unsubscribe"] == f"<{url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert all(url in body for body in bodies(message))


def test_the_link_to_stop_is_one_line_without_encoded_words():
    line = next(line for line in filled().split(b"\r\n") if line.startswith(b"List-Unsubscribe:"))
    assert line == b"List-Unsubscribe: <" + with_values(LEAVE_URL).encode() + b">"


def test_a_service_mail_says_a_machine_wrote_it_and_has_no_button_to_stop():
    made = letter(text="Open de pagina.", html="<p>Open de pagina.</p>", headers=headers.AUTOMATIC)
    markers = {gap: marker for gap, marker in MARKERS.items() if gap is not Gap.LEAVE}
    message = parsed(b"".join(compile_letter(made, markers=markers, boundary_seed=b"").fill(VALUES)))
    assert message["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in message


def test_pictures_travel_inside_the_html_part():
    message = parsed(
        filled(pictures=(Picture("raadzaal@nieuwsbrief.example", "image/png", PNG, "raadzaal.png"),))
    )
    plain, rich = message.iter_parts()
    assert (plain.get_content_type(), rich.get_content_type()) == ("text/plain", "multipart/related")
    html, picture = rich.iter_parts()
    assert html.get_content_type() == "text/html"
    assert picture.get_content() == PNG
    assert picture["Content-ID"] == "<raadzaal@nieuwsbrief.example>"
    assert picture.get_content_disposition() == "inline"


def test_plain_text_comes_first_and_both_parts_are_quoted_printable():
    parts = list(parsed(filled()).iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part["Content-Transfer-Encoding"] for part in parts} == {"quoted-printable"}
    assert {part.get_content_charset() for part in parts} == {"utf-8"}


def test_an_address_outside_ascii_is_the_only_thing_that_is():
    octets = b"".join(compiled().fill({**VALUES, Gap.TO: "josé@voorbeeld.example".encode()}))
    beyond = [line for line in octets.split(b"\r\n") if not line.isascii()]
    assert beyond == ["To: josé@voorbeeld.example".encode()]


def test_two_readers_differ_in_their_own_words_only():
    one, other = compiled().fill(VALUES), compiled().fill({**VALUES, Gap.LEAVE: b"b" * 56})
    different = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    assert different == [(VALUES[Gap.LEAVE], b"b" * 56)] * 3


def test_the_size_is_known_before_filling():
    assert compiled().size(VALUES) == len(filled())


def test_head_and_body_can_be_taken_apart_for_signing():
    made = compiled()
    head, _, body = filled().partition(b"\r\n\r\n")
    assert b"".join(made.head.fill(VALUES)) == head + b"\r\n"
    assert b"".join(made.body.fill(VALUES)) == body
    assert len(made.pieces) == len(made.gaps) + 1
    assert b"".join(made.pieces) == b"".join(made.head.pieces) + b"\r\n" + b"".join(made.body.pieces)


def test_what_is_stored_comes_back_the_same():
    made = compiled(pictures=(Picture("a@b.example", "image/png", PNG, "a.png"),))
    back = Compiled.from_bytes(made.to_bytes())
    assert back == made
    assert back.digest() == made.digest() == compiled(pictures=letter_pictures()).digest()


def letter_pictures():
    return (Picture("a@b.example", "image/png", PNG, "a.png"),)


def test_a_changed_letter_has_another_digest():
    assert compiled(subject="Samen staan we zwakker").digest() != compiled().digest()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda stored: b"",
        lambda stored: stored[:-1],
        lambda stored: stored + b"x",
        lambda stored: stored.replace(b'"bode-letter":1', b'"bode-letter":2'),
        lambda stored: stored.replace(b'"leave"', b'"other"', 1),
        lambda stored: stored.replace(b'"leave",', b"", 1),
        lambda stored: b"[]\n",
    ],
    ids=["empty", "short", "long", "another version", "unknown gap", "gap lost", "no letter"],
)
def test_stored_bytes_that_were_spoilt_are_refused(spoil):
    with pytest.raises(BadStore):
        Compiled.from_bytes(spoil(compiled().to_bytes()))


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


@pytest.mark.parametrize(
    ("gap", "value"),
    [
        (Gap.TO, b"a@b.example\r\nBcc: c@d.example"),
        (Gap.TO, b"a@b.example, c@d.example"),
        (Gap.TO, b"Dana <a@b.example>"),
        (Gap.TO, b"a@b@c"),
        (Gap.TO, b""),
        (Gap.TO, b"\xff@b.example"),
        (Gap.TO, "a\u2028@b.example".encode()),
        (Gap.TO, b"a" * 400 + b"@b.example"),
        (Gap.MESSAGE_ID, b"a@b.example"),
        (Gap.MESSAGE_ID, b"<a@b.example>\n"),
        (Gap.DATE, b"Tue, 1 Dec 2026 10:00:00 GMT"),
        (Gap.LEAVE, b"abc="),
        (Gap.LEAVE, b"a" * 76),
        (Gap.LEAVE, b"a\n"),
    ],
)
def test_a_value_that_could_reach_outside_its_gap_is_refused_and_not_repeated(gap, value):
    with pytest.raises(BadValue) as refused:
        compiled().fill({**VALUES, gap: value})
    assert value.decode("latin-1") not in str(refused.value) or not value


def test_a_gap_without_a_value_is_refused():
    with pytest.raises(BadValue):
        compiled().fill({gap: value for gap, value in VALUES.items() if gap is not Gap.LEAVE})


@pytest.mark.parametrize(
    "changes",
    [
        {"text": ""},
        {"html": " \n"},
        {"text": f"a\0{LEAVE_URL}"},
        {"text": f"\ud800{LEAVE_URL}"},
        {"text": f"{LEAVE_URL} {MARKERS[Gap.TO]}"},
        {"subject": f"Voor {MARKERS[Gap.TO]}"},
        {"sender_name": MARKERS[Gap.LEAVE]},
        {"text": "a", "html": "a", "headers": ()},
        {"pictures": (Picture("a@b>", "image/png", PNG, "a.png"),)},
        {"pictures": (Picture("a@b.example", "image/svg+xml", PNG, "a.svg"),)},
        {"pictures": (Picture("a@b.example", "image/png", b"", "a.png"),)},
        {"pictures": (Picture("a@b.example", "image/png", PNG, 'a".png'),)},
        {"pictures": (Picture("a@b.example", "image/png", PNG, "a.png"),) * 2},
    ],
)
def test_a_letter_that_cannot_be_right_is_refused(changes):
    with pytest.raises(BadLetter):
        compiled(**changes)


@pytest.mark.parametrize("marker", ["short", "has space in it here", "é" * 20, MARKERS[Gap.TO] + "x"])
def test_markers_must_be_unmistakable(marker):
    markers = {**MARKERS, Gap.LEAVE: marker}
    with pytest.raises(BadLetter):
        compile_letter(letter(text=marker * 2, html=marker, headers=()), markers=markers, boundary_seed=b"")


def test_limits_are_told_with_figures():
    big = Picture("a@b.example", "image/png", b"x" * 300_001, "a.png")
    with pytest.raises(TooLarge) as pictures:
        compiled(pictures=(big,))
    assert (pictures.value.octets, pictures.value.most) == (300_001, 300_000)
    with pytest.raises(TooLarge, match="HTML"):
        compiled(html="<p>" + "é" * 20_000 + LEAVE_URL)
    with pytest.raises(TooLarge, match="message"):
        compiled(text="é" * 90_000 + LEAVE_URL)


def test_the_html_part_is_measured_as_it_is_sent():
    made = compiled()
    html = filled().split(b"--=_")[2]
    assert abs(made.html_octets - len(html)) < 100


def test_the_same_letter_gives_the_same_bytes_and_another_seed_other_boundaries():
    assert compiled() == compiled()
    other = compile_letter(letter(), markers=MARKERS, boundary_seed=b"issue 13")
    assert other.body != compiled().body


def test_the_date_of_the_standard_library_fits_its_gap():
    date = format_datetime(datetime(2026, 12, 1, tzinfo=UTC)).encode()
    assert date in compiled().fill({**VALUES, Gap.DATE: date})
