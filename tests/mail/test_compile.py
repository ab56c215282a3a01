"""A compiled letter reads as Python would have written it; one that cannot be right is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.mail import headers
from app.mail.compile import (
    BadLetter,
    Gap,
    Picture,
    TooLarge,
    compile_letter,
)
from tests.mail.letters import LEAVE_URL, MARKERS, PNG, VALUES, compiled, filled, letter, parsed, with_values


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


@settings(max_examples=300)
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
    assert not any(line.endswith((b" ", b"\t")) for line in wire)
    assert octets.isascii()


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


def test_a_service_mail_says_a_machine_wrote_it_and_has_no_button_to_stop():
    made = letter(text="Open de pagina.", html="<p>Open de pagina.</p>", headers=headers.AUTOMATIC)
    markers = {gap: marker for gap, marker in MARKERS.items() if gap is not Gap.LEAVE}
    message = parsed(b"".join(compile_letter(made, markers=markers, boundary_seed=b"").fill(VALUES)))
    assert message["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in message


def test_a_letter_without_markers_still_has_a_reader_a_date_and_an_id():
    made = letter(text="Open de pagina.", html="<p>Open de pagina.</p>", headers=headers.AUTOMATIC)
    made_bytes = b"".join(compile_letter(made, markers={}, boundary_seed=b"").fill(VALUES))
    assert bodies(parsed(made_bytes)) == ["Open de pagina.\n", "<p>Open de pagina.</p>\n"]
    assert parsed(made_bytes)["To"] == "dana@voorbeeld.example"


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
