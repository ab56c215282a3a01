"""What may happen to readers, who are threatened people; what is done against it; and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass

from app.web.processing import Say


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that may happen to people, what makes it less likely or less bad, and what stays."""

    what: str
    measures: list[str]
    left: str


def risks(say: Say) -> list[Risk]:
    """The worst first."""
    return [
        _list_comes_out(say),
        _somebody_is_found(say),
        _staff_misuse(say),
        _mail_after_an_end(say),
        _form_as_a_weapon(say),
        _forged_mail(say),
        _wrong_words(say),
        _lost_mailbox(say),
        _no_way_out(say),
    ]


def _list_comes_out(say: Say) -> Risk:
    return Risk(
        say("The list of readers comes out, and shows who looks for help against threats"),
        [
            say("No page or command shows or saves the list"),
            say("Addresses are encrypted; the keys lie apart from the databases and their backups"),
            say("A copy of the databases without keys holds no address, and no guess can be checked on it"),
            say("Each newsletter has its own keys: readers of two cannot be matched by a value"),
        ],
        say("Who gets the databases and the keys together can read every address"),
    )


def _somebody_is_found(say: Say) -> Risk:
    return Risk(
        say("Somebody finds out whether one person reads this newsletter"),
        [
            say("Every form answers the same for every address, and as quickly"),
            say("Links in mail hold no address, and a forwarded mail opens no data"),
            say("A privacy officer looks up one address at a time, with a reason and a case, on record"),
            say("Readers can see who looked them up, when and why"),
        ],
        say("Mail providers and whoever reads along in a mailbox see from whom mail comes"),
    )


def _staff_misuse(say: Say) -> Risk:
    return Risk(
        say("A colleague misuses the access they have"),
        [
            say("Each role can do what it needs and no more; nobody sees an address on a page"),
            say("A second factor is needed to come in, and is asked again before what weighs more"),
            say("Every step is in a signed trail, and the supervisor can read it"),
            say("Accounts and roles are reviewed every quarter"),
        ],
        say("An officer can record an identity that was not shown; that is on record with their name"),
    )


def _mail_after_an_end(say: Say) -> Risk:
    return Risk(
        say("Somebody who stopped or was erased gets mail again, after a backup was put back"),
        [
            say("Every end is in a ledger apart, and is carried out again before anything is sent"),
            say("After a backup is put back every unfinished issue waits for a person"),
        ],
        say("Both databases from one backup of the same day, without the ledger's copy: nobody notices"),
    )


def _form_as_a_weapon(say: Say) -> Risk:
    return Risk(
        say("The form is used to flood somebody's mailbox"),
        [
            say("A stranger's address gets three mails a week at most; networks have limits too"),
            say("Such a mail has one button to block the address, and says nothing that a stranger typed"),
        ],
        say("Up to three unwanted mails in a week, until the person blocks their address"),
    )


def _forged_mail(say: Say) -> Risk:
    return Risk(
        say("Somebody mails in the name of the newsletter, to lure readers"),
        [
            say("Mail is signed with DKIM for exactly the domain that it comes from"),
            say("Links lead straight to where they say; there are no attachments, and no tracking links"),
        ],
        say("A domain that looks like it, and mail programs that do not check"),
    )


def _wrong_words(say: Say) -> Risk:
    return Risk(
        say("An issue says something that puts a person in danger"),
        [
            say("Somebody else approves each issue, and what was approved is sent byte for byte"),
            say("Colleagues get the final mail ten minutes ahead, and can stop it; also while it goes out"),
            say("A part of it can be taken away from the archive at once"),
        ],
        say("Mail that was received cannot be taken back"),
    )


def _lost_mailbox(say: Say) -> Risk:
    return Risk(
        say("Somebody leaves office, and another person reads their mailbox"),
        [
            say("A mailbox that does not exist any more is forgotten by itself"),
            say("Who lost a mailbox has the subscription ended by letter or telephone, on a recorded ground"),
            say("What shows or changes data needs a link that works for some hours only"),
        ],
        say("Until then who reads the mailbox gets the newsletter, and sees that it was subscribed to"),
    )


def _no_way_out(say: Say) -> Risk:
    return Risk(
        say("Somebody cannot stop, or gets no answer in time"),
        [
            say("One click or one button ends it, for ever and also when the ledger is away"),
            say("Requests have a clock with reminders; restriction and objection are carried out at once"),
        ],
        say("When the keys are lost, links in mails work no more; then nobody is mailed either"),
    )


def root_can(say: Say) -> list[str]:
    """What whoever runs the machine with the keys can do; docs/threats.md says it with the same words."""
    return [
        say("read every address: the keys lie on the machine, for the service opens addresses to mail them"),
        say("send mail in the name of the service, also what nobody approved"),
        say("change the program, and with it every measure on this page"),
        say("change or remove lines of the trail and the ledger, and sign them anew"),
        say("check a guess: whether an address is subscribed, was, or is blocked, while that is held"),
    ]


def root_cannot(say: Say) -> list[str]:
    """What is out of their reach."""
    return [
        say("undo what is held elsewhere: the copy of the ledger, signed points of the trail, older copies"),
        say("get back what was erased, once no backup holds it any more"),
        say("take back mail that was received"),
    ]
