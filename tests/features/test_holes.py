"""Whatever the ledger or its copy lost is seen, comes back from the other, and who has gone stays gone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from sqlalchemy import delete

from app.domain import holes
from app.domain.ledger import Entry
from app.domain.wholeness import State
from tests.backups import Backups
from tests.features.restoring import tick
from tests.features.vault import Vault


async def test_a_copy_that_was_begun_later_or_anew_is_told_and_filled(vault: Vault) -> None:
    await vault.end()
    assert await vault.faults() == [f"{holes.ANEW}: record 1"]
    assert await vault.house.book.fill(None) == (0, 1)
    assert await vault.faults() == []
    await vault.end(2)
    vault.copy.unlink()
    assert await vault.faults() == [f"{holes.AWAY}: record 1 to 4"]
    await vault.end()
    assert await vault.faults() == [f"{holes.ANEW}: record 1 to 4"]
    assert await vault.house.book.fill(None) == (0, 4)
    lines = vault.copy.read_text().splitlines()
    vault.copy.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:20])  # what a full disk leaves
    await vault.end()
    assert "lines of the copy that cannot be read: 1" in await vault.faults()
    assert await vault.house.book.fill(None) == (0, 1)
    assert (await vault.faults(), await vault.told()) == ([], [])


async def test_a_copy_that_is_away_is_told_as_that_and_hides_no_line_that_goes_from_it(vault: Vault) -> None:
    await vault.house.book.fill(None)
    await vault.end(2)
    kept = vault.copy.rename(vault.copy.with_name("unmounted"))
    assert State.of(await vault.faults()) is State.ABSENT
    await vault.end(2)
    assert State.of(await vault.faults()) is State.ABSENT
    begun, first, last = vault.copy.read_text().splitlines()
    vault.copy.write_text(f"{begun}\n{last}\n")  # somebody takes a line out of the new one
    assert State.of(await vault.faults()) is State.BROKEN
    forged = json.dumps({**json.loads(begun), "begun": 99})
    vault.copy.write_text(f"{forged}\n{first}\n{last}\n")
    assert any("no seal of ours" in each for each in await vault.faults())
    assert State.of(await vault.faults()) is State.BROKEN  # who has no key cannot say where it begins
    vault.copy.unlink()
    kept.rename(vault.copy)
    await vault.house.book.fill(None)
    assert await vault.faults() == []


async def test_a_ledger_that_was_begun_anew_gets_all_back_under_the_same_numbers(
    vault: Vault, backups: Backups
) -> None:
    await vault.house.book.fill(None)
    backup = backups.take(vault.settings)
    await vault.leave()
    await vault.end(2)
    await tick(vault.house, vault.clock)
    before = await vault.entries()
    await vault.begin_anew()
    await vault.put_back(backup, main=True, ledger=False)
    assert await vault.alice()
    assert await vault.check()
    assert not await vault.alice()
    assert (await vault.entries(), await vault.faults()) == (before, [])
    assert await vault.told() == [f"{len(before)} put back, 0 lost"]


async def test_what_the_copy_does_not_have_leaves_a_hole_that_an_older_copy_fills(
    vault: Vault, backups: Backups, tmp_path: Path
) -> None:
    await vault.house.book.fill(None)
    backup = backups.take(vault.settings)
    await vault.leave()
    shutil.copy(vault.copy, tmp_path / "older")
    vault.copy.unlink()
    await vault.end(2)
    await tick(vault.house, vault.clock)
    before = await vault.entries()
    await vault.begin_anew()
    await vault.check()
    assert await vault.entries() == {seq: before[seq] for seq in (3, 4)}
    assert await vault.faults() == ["record 3: what came before it was removed without an anchor"]
    assert await vault.house.book.fill(tmp_path / "older") == (2, 2)
    assert (await vault.entries(), await vault.faults()) == (before, [])
    await vault.put_back(backup, main=True, ledger=False)
    await vault.check()
    assert not await vault.alice()


async def test_a_ledger_without_a_copy_shows_what_the_database_saw_of_it(
    vault: Vault, tmp_path: Path
) -> None:
    await vault.house.book.fill(None)
    await vault.end(3)
    await tick(vault.house, vault.clock)
    before = await vault.entries()
    vault.copy.rename(tmp_path / "found again")
    await vault.begin_anew()
    for _ in range(2):
        await tick(vault.house, vault.clock)
        assert await vault.faults() == ["records after 0 are missing; the chain goes to 4"]
    assert await vault.told() == ["0 put back, 4 lost"]
    assert not await vault.house.book.close_segment(vault.house.ring, now=vault.clock())
    await vault.end()
    assert list(await vault.entries()) == [5]  # no number means two things
    assert await vault.faults() == ["record 5: what came before it was removed without an anchor"]
    assert await vault.house.book.fill(tmp_path / "found again") == (4, 4)
    assert await vault.faults() == []
    assert before.items() < (await vault.entries()).items()


async def test_a_hole_that_nothing_fills_is_told_until_no_backup_needs_what_was_there(vault: Vault) -> None:
    await vault.house.book.fill(None)
    await vault.end(3)
    await tick(vault.house, vault.clock)
    async with vault.house.book.database.unit_of_work() as session:
        await session.execute(delete(Entry).where(Entry.seq.in_((2, 3))))
    lines = vault.copy.read_text().splitlines(keepends=True)
    vault.copy.write_text(lines[0] + lines[3])
    await vault.end()
    assert await vault.faults() == ["records 2 to 3 are missing"]
    await vault.house.book.close_segment(vault.house.ring, now=vault.clock())
    vault.clock.forward(days=43)
    await vault.house.book.prune(35, now=vault.clock())
    assert await vault.faults() == []


async def test_an_end_whose_number_is_anothers_by_now_is_written_down_once_more(
    vault: Vault, backups: Backups
) -> None:
    await vault.house.book.fill(None)
    backup = backups.take(vault.settings)
    await vault.leave()
    await vault.end()
    await tick(vault.house, vault.clock)
    await vault.put_back(backup, main=False, ledger=True)
    await vault.end()  # before anybody looked
    assert await vault.faults() == ["in the copy and not in the ledger: record 2 to 3"]
    await vault.put_back(backup, main=True, ledger=False)
    assert await vault.check()
    assert not await vault.alice()
    assert (list(await vault.entries()), await vault.faults()) == ([1, 2, 3, 4], [])
    assert await vault.told() == ["2 put back, 0 lost"]
    assert not await vault.check()


async def test_another_ledger_of_the_same_length_is_noticed(vault: Vault, backups: Backups) -> None:
    backup = backups.take(vault.settings)
    await vault.end()
    await tick(vault.house, vault.clock)
    await vault.put_back(backup, main=False, ledger=True)
    vault.copy.unlink()
    await vault.end()
    await vault.house.book.fill(None)
    await vault.check()
    assert await vault.faults() == ["records after 2 are missing; the chain goes to 3"]
    await vault.check()
    assert await vault.told() == ["0 put back, 1 lost"]


async def test_a_ledger_that_let_go_of_old_entries_comes_back_whole_as_well(
    vault: Vault, backups: Backups
) -> None:
    book, ring = vault.house.book, vault.house.ring
    await book.fill(None)
    await book.close_segment(ring, now=vault.clock())
    vault.clock.forward(days=43)
    await vault.end(2)
    backup = backups.take(vault.settings)
    assert await book.prune(35, now=vault.clock()) == 1
    before = await vault.entries()
    await vault.begin_anew()
    await vault.check()
    assert (await vault.entries(), await vault.faults()) == (before, [])
    await vault.put_back(backup, main=False, ledger=True)  # what it let go is there again, and no hole
    await vault.check()
    assert (len(await vault.entries()), await vault.faults()) == (3, [])
