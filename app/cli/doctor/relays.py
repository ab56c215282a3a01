"""Looks whether mail can leave: every relay is reached, encrypted, verified and logged in to."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import fields

from app.cli.doctor.finding import Finding, fine, problem, warning
from app.core.settings import Settings
from app.mail.smtp import BadRelay, Relay, Timeouts, Trouble, connect

PATIENCE = 10.0  # seconds a step: a person waits for the answer
SHORT = Timeouts(**{each.name: PATIENCE for each in fields(Timeouts)})


async def relays(configured: Settings, authorities: ssl.SSLContext | None = None) -> AsyncIterator[Finding]:
    """One finding a relay; `authorities` is for a certificate of one's own."""
    if not configured.smtp_url:
        yield fine("mail", "caught in the local mailbox; nobody is mailed")
        return
    if not configured.production and not configured.allowed_recipients:
        advice = "Outside production only the addresses in BODE_ALLOWED_RECIPIENTS are mailed"
        yield warning("mail", "BODE_SMTP_URL is set, and nobody may be mailed", advice)
    try:
        found = Relay.parse_all(configured.smtp_url, production=configured.production)
    except BadRelay as wrong:
        yield problem("mail", f"BODE_SMTP_URL: {str(wrong).rstrip('.')}", "Correct it")
        return
    for relay in found:
        yield await _relay(relay, configured.mail_host, authorities)


async def _relay(relay: Relay, hostname: str, authorities: ssl.SSLContext | None) -> Finding:
    try:
        line = await connect(relay, timeouts=SHORT, hostname=hostname, tls_context=authorities)
    except Trouble as trouble:
        code = f" {trouble.reply.code}" if trouble.reply is not None else ""
        advice = "Check its name, port, certificate, user and password in BODE_SMTP_URL"
        return problem("mail", f"{relay}: {trouble.reason} at {trouble.stage}{code}", advice)
    await line.quit()
    return fine("mail", f"{relay} takes our mail")
