"""What a copy of the ledger can bring about, and what it cannot: only what this service wrote counts."""

from __future__ import annotations

import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete

from app.core import chain
from app.core.address import parse
from app.domain import block, copybook
from app.domain.block import Block
from app.domain.book import Farewell
from app.domain.certificate import Certificate
from app.domain.ledger import Reason
from app.features import certify, erase, guard, lift
from app.features.certify import Verdict
from tests.backups import Backups
from tests.cast import ALICE, BOB
from tests.features.restoring import mailed, tick, watching
from tests.features.test_lift import silence
from tests.features.vault import Vault


async def test_who_can_write_to_the_copy_and_has_no_key_takes_nobody_from_the_list_or_back_to_it(
    vault: Vault,
) -> None:
    on, house, clock = vault.on, vault.house, vault.clock
    await silence(on, clock, BOB)
    await tick(house, clock)
    await house.book.fill(None)
    lines = [json.loads(each) for each in vault.copy.read_text().splitlines()]
    (block,) = [each for each in lines if each["reason"] == Reason.OBJECTION]
    lie = {**block, "reason": "lifted", "at": clock().isoformat()}
    head = max(await vault.entries())
    follows = {**lie, "seq": head + 1}
    follows["hash"] = chain.next_hash((await vault.entries())[head], copybook.line(follows).entry()).hex()
    far = {**lie, "seq": 900_000, "hash": os.urandom(32).hex()}
    unsealed = {name: value for name, value in follows.items() if name != "seal"}
    with vault.copy.open("a") as out:
        out.writelines(json.dumps(each) + "\n" for each in (follows, far, unsealed))
    before = await vault.entries()
    await tick(house, clock)
    assert await mailed(house, on, BOB, clock()) is None
    assert (await vault.entries(), await vault.told()) == (before, [])
    assert "lines of the copy that have no seal of ours: 3" in await vault.faults()
    await house.book.fill(None)
    assert (await vault.entries(), await vault.faults()) == (before, [])


async def test_a_block_that_was_lifted_comes_back_lifted_with_a_ledger_begun_anew(vault: Vault) -> None:
    on, house, clock = vault.on, vault.house, vault.clock
    link = await silence(on, clock, BOB)
    clock.forward(minutes=5)
    async with house.database.unit_of_work() as session:
        await lift.lift(session, link, ring=house.ring, book=house.book, now=clock())
    await house.book.fill(None)
    await vault.begin_anew()
    await tick(house, clock)
    assert await mailed(house, on, BOB, clock()) is not None


async def test_a_lifted_line_of_a_day_to_come_lifts_no_block(vault: Vault) -> None:
    on, house, clock = vault.on, vault.house, vault.clock
    await silence(on, clock, BOB)
    known, key_id = block.subject(house.ring, on.letter.id, parse(BOB))
    late = clock() + timedelta(days=365)
    await house.book.write([Farewell(on.letter.id, key_id, known, Reason.LIFTED, late)])
    await tick(house, clock)
    await guard.replay(watching(house), everything=True, now=clock())
    assert await mailed(house, on, BOB, clock()) is None
    async with house.database.unit_of_work() as session:
        await session.execute(delete(Block))
    await guard.replay(watching(house), everything=True, now=clock())
    assert await mailed(house, on, BOB, clock()) is None


async def erased(vault: Vault) -> Certificate:
    """Alice is erased, and what she gets; the database took down how far the ledger is."""
    tools = {"ring": vault.house.ring, "book": vault.house.book, "now": vault.clock()}
    async with vault.house.database.unit_of_work() as session:
        gone = await erase.erase(session, parse(ALICE), actor="fatima", **tools)
        office = certify.Office("Nieuwsbrief", vault.house.ring, vault.house.book, 35)
        proof = await certify.certify(session, office, parse(ALICE), gone.removed, now=vault.clock())
    await tick(vault.house, vault.clock)
    return proof


async def verdict(vault: Vault, proof: Certificate) -> Verdict:
    more = {"backup_days": 35, "now": vault.clock()}
    return await certify.check(proof, ring=vault.house.ring, book=vault.house.book, **more)


async def test_who_was_erased_keeps_a_genuine_certificate_when_the_ledger_alone_is_put_back(
    vault: Vault, backups: Backups
) -> None:
    await vault.house.book.fill(None)
    backup = backups.take(vault.settings)
    proof = await erased(vault)
    await vault.put_back(backup, main=False, ledger=True)
    await vault.end()  # before anybody looked
    await vault.check()
    assert await vault.faults() == []
    assert await vault.told() == [f"{len(proof.ledger)} put back, 0 lost"]
    assert await verdict(vault, proof) is Verdict.WHOLE


async def test_a_certificate_is_genuine_again_once_a_copy_that_was_found_filled_the_ledger(
    vault: Vault, backups: Backups, tmp_path: Path
) -> None:
    await vault.house.book.fill(None)
    backup = backups.take(vault.settings)
    proof = await erased(vault)
    vault.copy.rename(tmp_path / "found again")
    await vault.put_back(backup, main=False, ledger=True)
    await vault.end()  # it has the number of a line that the certificate names
    assert await verdict(vault, proof) is Verdict.MISSING
    added, _ = await vault.house.book.fill(tmp_path / "found again")
    assert (added, await verdict(vault, proof)) == (len(proof.ledger), Verdict.WHOLE)
    before = await vault.entries(), vault.copy.read_bytes()
    assert await vault.house.book.fill(tmp_path / "found again") == (0, 0)
    assert (await vault.entries(), vault.copy.read_bytes(), await vault.faults()) == (*before, [])
    await vault.begin_anew()  # of two lines with one number the ledger's own gets it back
    await vault.check()
    assert (await vault.entries(), await vault.faults()) == (before[0], [])


async def test_lines_that_the_ledger_let_go_do_not_come_back_with_a_copy_that_was_found(
    vault: Vault, tmp_path: Path
) -> None:
    await vault.house.book.fill(None)
    shutil.copy(vault.copy, tmp_path / "found again")
    await vault.house.book.close_segment(vault.house.ring, now=vault.clock())
    vault.clock.forward(days=43)
    await vault.end()
    await vault.house.book.prune(35, now=vault.clock())
    before = vault.copy.read_bytes()
    assert await vault.house.book.fill(tmp_path / "found again") == (0, 0)
    assert vault.copy.read_bytes() == before


async def test_a_line_that_only_the_ledger_has_clears_by_filling_what_was_told(
    vault: Vault, backups: Backups, tmp_path: Path
) -> None:
    await vault.house.book.fill(None)
    backup = backups.take(vault.settings)
    await vault.end(2)
    await tick(vault.house, vault.clock)
    vault.copy.rename(tmp_path / "found again")
    await vault.put_back(backup, main=False, ledger=True)
    await vault.end()
    shutil.copy(tmp_path / "found again", vault.copy)
    assert "not what the copy has, so the ledger was rewritten: record 2" in await vault.faults()
    await vault.house.book.fill(None)
    assert await vault.faults() == []


async def test_what_somebody_writes_to_the_copy_stops_nothing(vault: Vault) -> None:
    await tick(vault.house, vault.clock)
    await vault.house.book.fill(None)
    odd = ("[]", '"x"', "[1]", "null", "[" * 100_000, '{"seal": 1}', "{")
    key = vault.house.ring.active
    odd += tuple(
        f'{{"signature": "", "seq": {each}, "count": 1, "key_id": "{key}"}}' for each in ("1e999", "[]")
    )
    with vault.copy.open("a") as out:
        out.writelines(f"{each}\n" for each in odd)
    counter = vault.copy.with_name(f"{vault.copy.name}.counter")
    counter.write_text("9" * 25)
    await tick(vault.house, vault.clock)
    assert any("cannot be read" in each for each in await vault.faults())
    assert int(counter.read_text()) < 1_000
