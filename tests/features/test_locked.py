"""Lines of the copy that nobody can judge on this machine are told and kept, until their key is back."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from app.core.crypto import Key, KeyRing, new_key
from app.core.errors import Refused
from app.domain.book import Book, Farewell
from app.domain.ledger import Entry, Reason
from tests.features.restoring import tick
from tests.features.vault import Vault

UNKEYED = "under a key that is not in the key ring on this machine"
ODD = b"\xff\xfe of a broken disk \x85 \xe2\x80\xa8 in one line"


async def ends_elsewhere(vault: Vault) -> Key:
    """Somebody goes on a machine that has one key more; that key."""
    ring, fresh = vault.house.ring, new_key(vault.clock())
    more = KeyRing([*ring._keys.values(), fresh])
    book = Book(vault.house.book.database, vault.copy, more)
    await book.write([Farewell(vault.on.letter.id, fresh.id, uuid4().bytes, Reason.LEFT, vault.clock())])
    return fresh


def found(vault: Vault, key: Key) -> None:
    """The key is put back on this machine."""
    vault.house.ring._keys |= {key.id: key}


async def let_go(vault: Vault) -> None:
    """All that the ledger has is so old that no backup needs it."""
    await vault.house.book.close_segment(vault.house.ring, now=vault.clock())
    vault.clock.forward(days=43)
    await vault.house.book.prune(35, now=vault.clock())


async def test_a_line_under_a_key_that_is_elsewhere_is_told_and_nothing_is_filled(vault: Vault) -> None:
    await vault.house.book.fill(None)
    key = await ends_elsewhere(vault)
    await vault.end()
    before = vault.copy.read_bytes()
    assert await vault.faults() == [
        f"lines of the copy {UNKEYED}, {key.id}: 1",
        f"in the ledger {UNKEYED}, {key.id}: record 2",
    ]
    for path in (None, vault.copy):
        with pytest.raises(Refused, match=f"key {key.id}.*BODE_KEYS_FILE"):
            await vault.house.book.fill(path)
    assert vault.copy.read_bytes() == before
    found(vault, key)
    assert (await vault.faults(), await vault.house.book.fill(None)) == ([], (0, 0))


async def test_a_ledger_begun_anew_gets_such_a_line_once_its_key_is_back(vault: Vault) -> None:
    await vault.house.book.fill(None)
    key = await ends_elsewhere(vault)
    await vault.end()
    await tick(vault.house, vault.clock)
    before = await vault.entries()
    await vault.begin_anew()
    await vault.check()
    assert await vault.entries() == {seq: before[seq] for seq in (1, 3)}
    found(vault, key)
    assert (await vault.house.book.fill(None))[0] == 1
    assert (await vault.entries(), await vault.faults()) == (before, [])


async def test_what_nobody_can_read_stays_as_it_is_when_old_lines_go(vault: Vault) -> None:
    await vault.house.book.fill(None)
    key = await ends_elsewhere(vault)
    (theirs,) = [each for each in vault.copy.read_bytes().splitlines() if key.id.encode() in each]
    with vault.copy.open("ab") as out:
        out.write(ODD + b"\n")
    await vault.end()
    await let_go(vault)
    await vault.end()
    lines = vault.copy.read_bytes().split(b"\n")
    assert (lines.count(theirs), lines.count(ODD)) == (1, 1)
    assert await vault.faults() == [
        "lines of the copy that cannot be read: 1",
        f"lines of the copy {UNKEYED}, {key.id}: 1",
    ]
    found(vault, key)
    await vault.house.book.fill(None)
    assert await vault.faults() == []


async def test_a_signed_point_that_waited_for_its_key_takes_no_later_ones_place(vault: Vault) -> None:
    ring, key = vault.house.ring, new_key(vault.clock())
    await vault.house.book.fill(None)
    found(vault, key)
    ring.use(key.id)
    await let_go(vault)  # signed under the new key
    del ring._keys[key.id]
    ring.active = next(iter(ring._keys))
    assert f"lines of the copy {UNKEYED}, {key.id}: 1" in await vault.faults()
    await vault.end()
    await let_go(vault)
    await vault.end()
    found(vault, key)
    assert await vault.faults() == []
    await vault.end()
    await vault.house.book.fill(None)
    assert await vault.faults() == []


async def test_an_end_under_a_key_that_is_elsewhere_still_comes_into_the_ledger(vault: Vault) -> None:
    key = new_key(vault.clock())
    waited = Farewell(vault.on.letter.id, key.id, uuid4().bytes, Reason.LEFT, vault.clock() - timedelta(1))
    await vault.house.book.fill(None)
    await vault.house.book.write([waited])
    assert await vault.faults() == [f"in the ledger {UNKEYED}, {key.id}: record 2"]
    found(vault, key)
    assert await vault.faults() == ["in the ledger and not in its copy: record 2"]
    assert await vault.house.book.fill(None) == (0, 1)
    assert await vault.faults() == []


async def test_a_damaged_entry_is_told_and_the_others_are_filled(vault: Vault) -> None:
    await vault.end(2)
    async with vault.house.book.database.unit_of_work() as session:
        await session.execute(update(Entry).where(Entry.seq == 2).values(key_id="damaged!"))
    assert await vault.house.book.fill(None) == (1, 2)  # what it said before stands in the copy
    told = await vault.faults()
    assert "record 2 was changed, or its order was" in told
    assert f"in the ledger {UNKEYED}: record 2" in told
