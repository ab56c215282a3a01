"""The people who work with the service, and the roles that say what each may do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import JSON, LargeBinary, String, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core import onetime
from app.core.crypto import KeyRing
from app.core.database import Base, UtcTime, changed
from app.core.errors import NotFound, Refused
from app.core.names import NAME, folded, spelled
from app.core.register import Kind, Sealed, held, kept

BY_ITSELF = "service"  # who did it, when nobody did
RESERVED = frozenset((BY_ITSELF, "system", "reader"))  # the trail's words for who is none of the staff


class Role(StrEnum):
    """What somebody may do (design section 1)."""

    EDITOR = "editor"
    APPROVER = "approver"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Staff(Base):
    """One person; several roles are possible, an account is never shared."""

    __tablename__ = "staff"
    __table_args__ = {
        "info": kept(
            what="Accounts of staff",
            why="to know who may do what, and who did",
            until="as long as the audit trail names them",
        )
    }
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.STAFF, "identifies the account")
    )
    name: Mapped[str] = mapped_column(String(60), unique=True, info=held(Kind.STAFF, "who it is"))
    address: Mapped[bytes] = mapped_column(
        LargeBinary, info=held(Kind.STAFF, "where warnings go, sealed", Sealed("staff"))
    )
    roles: Mapped[list[str]] = mapped_column(JSON, info=held(Kind.STAFF, "what they may do"))
    language: Mapped[str] = mapped_column(
        String(2), default="nl", info=held(Kind.STAFF, "the language they work in")
    )
    password: Mapped[str | None] = mapped_column(
        String(200), info=held(Kind.STAFF, "hash of their password (argon2id)")
    )
    password_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.STAFF, "when the password was set")
    )
    factor: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=held(Kind.STAFF, "key of their second factor, sealed", Sealed("staff"))
    )
    factor_step: Mapped[int | None] = mapped_column(
        info=held(Kind.TECHNICAL, "the last code that was used, so that it works once")
    )
    subject: Mapped[str | None] = mapped_column(
        String(255), unique=True, info=held(Kind.STAFF, "their number at the identity provider")
    )
    signed_in_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.STAFF, "when they signed in last")
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.STAFF, "since when"))
    disabled_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.STAFF, "when the account was closed")
    )

    def has(self, role: Role) -> bool:
        """Whether the account is open and carries the role."""
        return self.disabled_at is None and role in self.roles


def sealed(ring: KeyRing, staff_id: UUID, address: str) -> bytes:
    """A member of staff's address, sealed for its row."""
    return ring.seal("staff", address.encode(), bound_to=f"staff|address|{staff_id.hex}")


def opened(ring: KeyRing, row: Staff) -> str:
    """The address of a member of staff."""
    return ring.open("staff", row.address, bound_to=f"staff|address|{row.id.hex}").decode()


def seal_factor(ring: KeyRing, row: Staff, secret: str) -> None:
    """Keep a new second factor; no code of it was used yet."""
    row.factor = ring.seal("staff", secret.encode(), bound_to=f"staff|factor|{row.id.hex}")
    row.factor_step = None


async def use_code(session: AsyncSession, ring: KeyRing, row: Staff, code: str, now: datetime) -> bool:
    """Whether this code of their second factor is right and was not used before; it is now."""
    if row.factor is None:
        return False
    secret = ring.open("staff", row.factor, bound_to=f"staff|factor|{row.id.hex}").decode()
    step = onetime.step_of(secret, onetime.plain(code), now)
    if step is None:
        return False
    unused = or_(Staff.factor_step.is_(None), Staff.factor_step < step)
    used = update(Staff).where(Staff.id == row.id, unused).values(factor_step=step)
    return await changed(session, used) == 1


def may_be_called(name: str) -> bool:
    """Whether the audit trail can write this name down."""
    return bool(NAME.fullmatch(name)) and name.casefold() not in RESERVED


async def find(session: AsyncSession, name: str) -> Staff | None:
    """The account of that name, if there is one."""
    return (await session.scalars(select(Staff).where(Staff.name == name))).one_or_none()


async def alike(session: AsyncSession, name: str) -> list[Staff]:
    """Every account of which the name differs from this in capitals at most; there are some dozens in all."""
    people = await session.scalars(select(Staff).order_by(Staff.created_at))
    return [each for each in people if folded(each.name) == folded(name)]


async def known_as(session: AsyncSession, name: str) -> Staff | None:
    """Who means this name when typing it: in the same capitals, or in others when only one can be meant."""
    found = await alike(session, name)
    same = [each for each in found if each.name == spelled(name)]
    return (same or found)[0] if same or len(found) == 1 else None


async def doubles(session: AsyncSession) -> list[list[str]]:
    """Open accounts of before, whose names differ only in capitals: people take one for the other."""
    names: dict[str, list[str]] = {}
    for each in await session.scalars(select(Staff).where(Staff.disabled_at.is_(None)).order_by(Staff.name)):
        names.setdefault(folded(each.name), []).append(each.name)
    return [sorted(each) for each in names.values() if len(each) > 1]


async def linked_to(session: AsyncSession, subject: str) -> Staff | None:
    """The open account of who has this number at the identity provider."""
    open_one = Staff.subject == subject, Staff.disabled_at.is_(None)
    return (await session.scalars(select(Staff).where(*open_one))).one_or_none()


async def named(session: AsyncSession, name: str) -> Staff:
    """The account of that name; raises NotFound."""
    found = await find(session, name)
    if found is None:
        raise NotFound(f"there is no account '{name[:60]}'; see: bode staff list")
    return found


async def with_role(session: AsyncSession, *roles: Role) -> list[Staff]:
    """Everyone whose account is open and carries one of the roles."""
    people = await session.scalars(select(Staff).order_by(Staff.name))
    return [each for each in people if any(each.has(role) for role in roles)]


async def must_be(session: AsyncSession, name: str, *roles: Role) -> Staff:
    """The open account of that name with one of these roles; raises Refused with what is missing."""
    person = await named(session, name)
    if person.disabled_at is not None:
        raise Refused(f"the account '{name}' is closed")
    if not any(person.has(role) for role in roles):
        raise Refused(f"'{name}' does not have the role '{' or '.join(roles)}'")
    return person
