"""What is missing is an error, what an editor types is shown and not obeyed, and each language is itself."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app.core.language import UnknownLanguage
from app.domain import halt
from app.domain.content import Content
from app.mail.headers import BadHeader
from app.mail.rendering import Incomplete, outline, render
from tests.mail.mails import CONTEXTS, NEWSLETTER, mail
from tests.mail.page import Page


def issue(language="nl", frame="nl", **changes):
    content = Content.model_validate(
        {"language": language, "subject": "Onderwerp", "blocks": [{"kind": "divider"}], **changes}
    )
    return mail("issue", frame, content=content)


def test_a_notice_that_somebody_stopped_leads_to_the_breach():
    """Officers do not come into the room for issues."""
    sent = mail("paused", "nl", halt=halt.read("by hand"), breach=True, who="dana")
    for part in (sent.text, sent.html):
        assert "dana drukte op stoppen." in part
        assert "/staff/breaches" in part
        assert "/staff/issues" not in part
    assert "Iemand heeft de verzending gestopt." in mail("paused", "nl", halt=halt.read("by hand")).text


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_value_that_is_missing_is_an_error(name):
    for key in CONTEXTS[name]:
        if (name, key) == ("issue", "images"):
            continue
        with pytest.raises(Incomplete):
            render(name, "nl", **{other: value for other, value in CONTEXTS[name].items() if other != key})


def test_one_day_and_several_days_are_told_apart():
    assert "Deze link werkt 1 dag." in mail("confirm", "nl", valid_days=1).text
    assert mail("reminder", "en", days=1).subject.startswith("1 day left")
    assert mail("reminder", "nl", days=14).subject.startswith("Nog 14 dagen")


def test_content_in_another_language_than_its_frame_says_so():
    event = {
        "kind": "event",
        "title": "Meeting",
        "starts_on": "2026-12-10",
        "starts_at": "10:00",
        "place": "Utrecht",
    }
    made = issue("en", "nl", blocks=[event])
    assert '<td class="sheet" lang="en"' in made.html
    assert "When: Thursday 10 December 2026, 10:00" in made.text
    assert "Meld u af voor deze nieuwsbrief" in made.text
    assert 'class="sheet" lang' not in issue("nl", "nl").html


@pytest.mark.parametrize(
    "typed", ["{{7*7}}", "{{''.__class__}}", "{% raw %}", "{{x|attr('format')}}", "%(title)s 100%"]
)
def test_what_an_editor_types_is_never_a_template(typed):
    made = issue(
        subject=typed, blocks=[{"kind": "heading", "text": typed}, {"kind": "text", "markdown": typed}]
    )
    assert made.subject == typed
    assert typed in made.text
    shown = typed.replace("'", "&#39;")
    assert typed in made.html or shown in made.html


ATTACKS = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<a href='vbscript:x'>y</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '"><iframe src="https://kwaad.example"></iframe>',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "</td></tr></table><form action='https://kwaad.example'>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_html_that_an_editor_types_is_shown_and_not_obeyed(attack):
    blocks = [
        {"kind": "heading", "text": attack},
        {"kind": "text", "markdown": attack},
        {"kind": "article", "title": attack, "summary": attack, "link": "https://voorbeeld.example"},
        {"kind": "event", "title": attack, "starts_on": "2026-12-10", "place": attack, "summary": attack},
    ]
    page = Page(issue(subject=attack, preheader=attack, intro=attack, blocks=blocks).html)
    harmless = Page(
        issue(
            intro="x", blocks=[{**block, "title": "x"} if "title" in block else block for block in blocks[2:]]
        ).html
    )
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in harmless.elements} | {"h2", "h3"}
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)
    assert all(address.startswith("https://") for address, _ in page.links)


@pytest.mark.parametrize("sign", ["\n", "\r", "\0", "\u2028", "\x85"])
def test_a_line_break_in_a_subject_is_refused_and_not_repeated(sign):
    newsletter = SimpleNamespace(**{**vars(NEWSLETTER), "title": f"Raad{sign}Bcc: a@kwaad.example"})
    with pytest.raises(BadHeader) as refused:
        mail("confirm", "nl", newsletter=newsletter)
    assert "kwaad" not in str(refused.value)


def test_a_title_with_signs_that_mean_something_elsewhere_stays_itself():
    newsletter = SimpleNamespace(**{**vars(NEWSLETTER), "title": "100% Raad & <Daad>"})
    made = mail("confirm", "nl", newsletter=newsletter)
    assert "100% Raad & <Daad>" in made.subject
    assert "100% Raad & <Daad>" in made.text
    assert "100% Raad &amp; &lt;Daad&gt;" in made.html


def test_carriage_returns_do_not_reach_the_plain_text():
    assert "\r" not in mail("paused", "nl", reason="een\r\ntwee\rdrie").text


def test_after_a_silence_people_are_asked_whether_a_backup_was_put_back():
    silent = mail("held", "nl", why="silence").text
    assert "Weet u of dat is gebeurd?" in " ".join(silent.split())
    assert "is teruggezet vanaf een reservekopie. Wie zich" in " ".join(mail("held", "nl").text.split())


def test_a_language_we_do_not_speak_is_refused():
    with pytest.raises(UnknownLanguage):
        mail("confirm", "de")


def test_heading_levels_never_skip_one():
    def block(kind, level=None):
        return SimpleNamespace(kind=kind, level=level)

    blocks = (
        block("article"),
        block("heading", 3),
        block("article"),
        block("heading", 3),
        block("heading", 2),
        block("text"),
    )
    assert [level for _, level in outline(blocks)] == [2, 2, 3, 3, 2, 3]


def test_a_small_picture_is_not_made_larger():
    made = mail("issue", "nl", images={"raadzaal.png": ("a@b.example", 200, 100)})
    assert 'width="200" height="100"' in made.html
    assert "max-width: 200px" in made.html


def test_decoration_is_silent_in_html_and_absent_from_the_text():
    blocks = [{"kind": "picture", "image": "raadzaal.png", "decorative": True}]
    made = issue(blocks=blocks)
    assert 'alt=""' in made.html
    assert "[" not in made.text
