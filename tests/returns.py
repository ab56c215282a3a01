"""Mail that comes back, as mail servers and mail programs write it; what differs is given."""

from __future__ import annotations

NOBODY = "Return-Path: <>\n"
LETTER = """\
Message-ID: <{number}@bode.example.org>
From: Netwerk Weerbaar Bestuur <nieuwsbrief@example.org>
To: {to}
Subject: Nieuws van de maand
List-Unsubscribe: <https://bode.example.org/afmelden/{mark}>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
Content-Type: text/plain; charset=utf-8

Beste lezer,
"""

# RFC 3464, in the words of Postfix.
RETURN = """\
{path}Received: from mx.example.net (mx.example.net [192.0.2.1])
\tby relay.example.org (Postfix) with ESMTP id 4ABCDE
From: MAILER-DAEMON@example.net (Mail Delivery System)
To: nieuwsbrief@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="4ABCDE.1/mx"

This is a MIME-encapsulated message.

--4ABCDE.1/mx
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--4ABCDE.1/mx
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
{envid}Arrival-Date: Tue,  1 Dec 2026 10:00:00 +0100 (CET)

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{first}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--4ABCDE.1/mx
Content-Description: Undelivered Message Headers
Content-Type: {kind}

{letter}
--4ABCDE.1/mx--
"""

# RFC 5965, appendix B.
COMPLAINT = """\
Return-Path: <feedback@provider.example>
From: <abusedesk@provider.example>
To: <klachten@example.org>
Subject: FW: Nieuws van de maand
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1_13d.2e68ed54"

--part1_13d.2e68ed54
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--part1_13d.2e68ed54
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: SomeGenerator/1.0
Version: 1

--part1_13d.2e68ed54
Content-Type: message/rfc822
Content-Disposition: inline

{letter}
--part1_13d.2e68ed54--
"""


def letter(number: str = "", mark: str = "", to: str = "redacted@redacted.invalid") -> str:
    """A newsletter of ours, or of another's."""
    return LETTER.format(number=number, mark=mark, to=to)


def bounced(
    to: str,
    inside: str,
    *,
    status: str = "5.1.1",
    action: str = "failed",
    path: str = NOBODY,
    envid: str = "",
    first: str = "",
    kind: str = "text/rfc822-headers",
) -> bytes:
    """A mail server could not deliver to a mailbox; `first` is where it was sent at first."""
    named = f"Original-Envelope-Id: {envid}\n" if envid else ""
    words = {"to": to, "first": first or to, "letter": inside, "status": status, "action": action}
    return RETURN.format(path=path, envid=named, kind=kind, **words).encode()


def complained(inside: str, *, feedback: str = "abuse") -> bytes:
    """A reader pressed "this is unwanted"."""
    return COMPLAINT.format(letter=inside, feedback=feedback).encode()
