"""What is an address and what is not, and that none of it can carry a second command."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.address import Address, BadAddress, parse

ACCEPTED = [
    # typed, envelope, canonical
    ("jan@example.org", "jan@example.org", "jan@example.org"),
    ("  jan@example.org ", "jan@example.org", "jan@example.org"),
    ("Jan.de.Vries@Example.ORG", "Jan.de.Vries@example.org", "jan.de.vries@example.org"),
    ("jan+nieuws@example.org", "jan+nieuws@example.org", "jan+nieuws@example.org"),
    ("Postmaster@example.org", "Postmaster@example.org", "postmaster@example.org"),
    ("jan@bücher.example", "jan@xn--bcher-kva.example", "jan@xn--bcher-kva.example"),
    ("jan@XN--BCHER-KVA.example", "jan@xn--bcher-kva.example", "jan@xn--bcher-kva.example"),
    (
        "jan@straße.example",
        "jan@xn--strae-oqa.example",
        "jan@xn--strae-oqa.example",
    ),  # IDNA2003 says strasse
    ("Jörg@example.org", "Jörg@example.org", "jörg@example.org"),
    ("jo\u0308rg@example.org", "jörg@example.org", "jörg@example.org"),  # NFD in, NFC out
    ("STRAẞE@example.org", "STRAẞE@example.org", "strasse@example.org"),
    ("a@raad.test", "a@raad.test", "a@raad.test"),
    ("o'brien!#$%&*/=?^_`{|}~-@example.org",) * 3,
    ("a" * 64 + "@example.org",) * 3,
]

REFUSED = [
    ("", "empty"),
    ("   ", "empty"),
    ("jan.example.org", "no_at"),
    ("jan\uff20example.org", "no_at"),
    ("jan@piet@example.org", "two_ats"),
    ("jan de vries@example.org", "spaces"),
    ("jan@example .org", "spaces"),
    ("jan\t@example.org", "spaces"),
    ("jan\u00a0@example.org", "spaces"),
    ("jan@example.org\u200b", "spaces"),
    ("jan@", "no_domain"),
    ("@example.org", "bad_local"),
    (".jan@example.org", "bad_local"),
    ("jan.@example.org", "bad_local"),
    ("jan..piet@example.org", "bad_local"),
    ("jan,piet@example.org", "bad_local"),
    ("jan;piet@example.org", "bad_local"),
    ("jan\\piet@example.org", "bad_local"),
    ("jan(piet)@example.org", "bad_local"),
    ("jan@localhost", "bad_domain"),
    ("jan@test", "bad_domain"),
    ("jan@example.", "bad_domain"),
    ("jan@example.org.", "bad_domain"),
    ("jan@example..org", "bad_domain"),
    ("jan@-example.org", "bad_domain"),
    ("jan@exa_mple.org", "bad_domain"),
    ("jan@127.0.0.1", "bad_domain"),
    ("jan@ab--cd.org", "bad_domain"),
    ("jan@xn--a.org", "bad_domain"),
    (f"jan@{'a' * 64}.org", "bad_domain"),
    ("jan@[127.0.0.1]", "ip_literal"),
    ("jan@[IPv6:::1]", "ip_literal"),
    ('"jan"@example.org', "quoted"),
    ('"jan de vries"@example.org', "quoted"),
    ("Jan<jan@example.org>", "brackets"),
    ("Jan <jan@example.org>", "brackets"),
    ("a" * 65 + "@example.org", "too_long"),
    ("ö" * 33 + "@example.org", "too_long"),  # octets, not characters
    (f"{'a' * 64}@{'.'.join(['b' * 60] * 4)}.org", "too_long"),
    ("\u0130" * 32 + "@example.org", "too_long"),  # 64 octets as typed, 96 when its case is folded
    ("a" * 400, "too_long"),
]

INJECTIONS = [
    before + blow + after
    for before in ("", "jan", "jan@example.org", "jan@exa")
    for blow in (
        "\r\nBcc: piet@example.org",
        "\nBcc: piet@example.org",
        "\rDATA",
        "\r\n.\r\n",
        "> NOTIFY=NEVER",
        ">\r\nRCPT TO:<piet@example.org",
        "\x00",
        "\x7f",
        "\u0085",
        "\u2028RSET",
        "\ud800",
        "\v",
        "\f",
        "<piet@example.org>",
        '"',
        ", piet@example.org",
        "; piet@example.org",
    )
    for after in ("", "@example.org", "mple.org")
]


@pytest.mark.parametrize(("typed", "envelope", "canonical"), ACCEPTED)
def test_an_address_is_sent_to_as_typed_and_compared_in_one_form(
    typed: str, envelope: str, canonical: str
) -> None:
    address = parse(typed)
    assert (address.envelope, address.canonical, address.typed) == (
        envelope,
        canonical,
        typed.strip(),
    )


@pytest.mark.parametrize(("typed", "code"), REFUSED)
def test_what_is_no_address_is_refused_with_its_reason(typed: str, code: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        parse(typed)
    assert refusal.value.code == code


@pytest.mark.parametrize("typed", INJECTIONS)
def test_nothing_that_could_start_a_header_or_a_command_gets_through(typed: str) -> None:
    with pytest.raises(BadAddress):
        parse(typed)


@pytest.mark.parametrize("typed", [typed for typed, _ in REFUSED if len(typed.strip()) > 1])
def test_a_refusal_never_repeats_the_address(typed: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        parse(typed)
    error = refusal.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert error.args == (error.code,)


def test_dots_and_tags_make_different_people() -> None:
    assert (
        len({parse(text).canonical for text in ("jdv@example.org", "j.dv@example.org", "jdv+a@example.org")})
        == 3
    )


@pytest.mark.parametrize(("typed", "needed"), [("jan@bücher.example", False), ("jörg@example.org", True)])
def test_only_a_local_part_outside_ascii_needs_smtputf8(typed: str, needed: bool) -> None:
    assert parse(typed).needs_smtputf8 is needed


@pytest.mark.parametrize(
    ("typed", "masked"), [("dana@x.example", "d•••@x.example"), ("d@x.example", "•••@x.example")]
)
def test_a_mask_shows_the_first_letter_and_the_domain(typed: str, masked: str) -> None:
    assert parse(typed).masked == masked


def test_neither_repr_nor_str_nor_format_shows_an_address() -> None:
    address = parse("canary@example.org")
    assert not any(
        "canary" in shown or "example" in shown for shown in (repr(address), str(address), f"{address}")
    )


local_parts = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters='"<>@'), min_size=1, max_size=40
)
domains = st.sampled_from(
    ["Example.ORG", "bücher.example", "Straße.example", "xn--bcher-kva.example", "例え.example"]
)


def parsed(text: str) -> Address | None:
    try:
        return parse(text)
    except BadAddress:
        return None


@given(local_parts, domains)
def test_the_canonical_form_of_a_canonical_form_is_itself(local: str, domain: str) -> None:
    address = parsed(f"{local}@{domain}")
    if address is not None:
        assert parse(address.canonical).canonical == address.canonical
        assert parse(address.envelope).envelope == address.envelope


@given(local_parts, domains)
def test_upper_case_and_decomposed_spellings_are_one_person(local: str, domain: str) -> None:
    address = parsed(f"{local}@{domain}")
    other = parsed(unicodedata.normalize("NFD", f"{local}@{domain}"))
    if address is not None and other is not None:
        assert other.canonical == address.canonical


@given(st.text(max_size=80))
def test_whatever_is_typed_gives_an_address_that_fits_an_envelope_or_a_refusal(text: str) -> None:
    address = parsed(text)
    if address is not None:
        assert not set(address.envelope) & set('\r\n\t\0 <>"')
        assert address.domain.isascii()
