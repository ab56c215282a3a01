"""The people who work with the service, and the roles that say what each may do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import JSON, LargeBinary, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crypto import KeyRing
from app.core.database import Base, UtcTime
from app.core.errors import NotFound, Refused
from app.core.register import Kind, Sealed, held, kept


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


async def named(session: AsyncSession, name: str) -> Staff:
    """The account of that name; raises NotFound."""
    found = await session.scalar(select(Staff).where(Staff.name == name))
    if found is None:
        raise NotFound(f"there is no account '{name[:60]}'; see: bode staff list")
    return found


async def with_role(session: AsyncSession, *roles: Role) -> list[Staff]:
    """Everyone whose account is open and carries one of the roles."""
    people = await session.scalars(select(Staff).order_by(Staff.name))
    return [each for each in people if any(each.has(role) for role in roles)]


async def must_be(session: AsyncSession, name: str, role: Role) -> Staff:
    """The open account of that name with that role; raises Refused with what is missing."""
    person = await named(session, name)
    if person.disabled_at is not None:
        raise Refused(f"the account '{name}' is closed")
    if not person.has(role):
        raise Refused(f"'{name}' does not have the role '{role}'")
    return person
