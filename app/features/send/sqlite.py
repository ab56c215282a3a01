"""What the one worker takes and writes while it sends, on SQLite: a transaction for each claim or group.

Each statement says what must be true before, so that doing it twice does what doing it once does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import partial

from app.core.bare import Bare
from app.core.database import Database
from app.core.reopened import Reopened
from app.features.send.claim import Wish
from app.features.send.fate import Fate
from app.features.send.lease import Copy, Held, Lease, Taken

# The same text that a time has in the file: to the microsecond, so that texts compare.
NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
LATER = "strftime('%Y-%m-%d %H:%M:%f000', 'now', printf('%+.3f seconds', ?))"
OURS = "seq = ? AND lease_owner = ? AND state IN ('waiting', 'sending')"

# The reader is still there and wants mail, asked in the moment in which the copy is marked. A notice of a
# data breach goes to everybody who is there (GDPR Art. 34).
WANTED = f"""EXISTS (
    SELECT 1 FROM subscriber s WHERE s.id = delivery.subscriber_id AND ((s.restricted_at IS NULL
    AND (s.paused_until IS NULL OR s.paused_until <= {NOW}))
    OR EXISTS (SELECT 1 FROM issue n WHERE n.id = delivery.issue_id AND n.notice)))"""  # noqa: S608  (fixed texts)

SETTLE = f"""
UPDATE delivery
SET state = ?, code = coalesce(?, code), lease_owner = NULL, lease_until = NULL,
    attempts = attempts + ?, in_doubt = in_doubt + ?, due_at = CASE WHEN ? > 0 THEN {LATER} ELSE due_at END
WHERE {OURS}
"""  # noqa: S608

MARK = f"""
UPDATE delivery SET state = 'sending'
WHERE {OURS} AND lease_until > {NOW}
AND EXISTS (SELECT 1 FROM issue i WHERE i.id = delivery.issue_id AND i.state = 'sending')
AND {WANTED}
"""  # noqa: S608

# What did not come back from its mark: the reader left, or the issue stopped, or the lease is over.
LET_GO = f"""
UPDATE delivery
SET state = CASE WHEN {WANTED} THEN 'waiting' ELSE 'left' END, lease_owner = NULL, lease_until = NULL
WHERE {OURS}
"""  # noqa: S608

# Only what nobody else could have taken yet.
RENEW = f"""
UPDATE delivery SET lease_until = {LATER}
WHERE seq BETWEEN ? AND ? AND lease_owner = ? AND lease_until > {NOW} AND state IN ('waiting', 'sending')
"""  # noqa: S608

TAKE = f"""
UPDATE delivery
SET lease_owner = ?, lease_until = {LATER}, in_doubt = in_doubt + (state = 'sending'), state = 'waiting'
WHERE seq IN (
    SELECT seq FROM delivery
    WHERE issue_id = ? AND seq > ? AND state IN ('waiting', 'sending')
    AND (lease_until IS NULL OR lease_until < {NOW}) AND (due_at IS NULL OR due_at <= {NOW})
    ORDER BY seq LIMIT ?)
RETURNING seq, id, subscriber_id, attempts
"""  # noqa: S608

READER = "SELECT address, language FROM subscriber WHERE id = ?"


class Pen(Reopened[Bare]):
    """Writes the worker's marks and fates."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.bare)

    async def write(self, fates: Sequence[tuple[Held, Fate]], marks: Sequence[Copy]) -> set[int]:
        """Commit all of it; returns which marks hold. Raises Away when nobody knows."""
        return await self.use(lambda line: line.run(partial(_write, fates, marks)))

    async def renew(self, lease: Lease, seconds: float) -> None:
        """Hold on to what is still ours."""
        values = (seconds, lease.first, lease.last, lease.name)
        await self.use(lambda line: line.run(lambda cursor: cursor.execute(RENEW, values).rowcount))


class Hand(Reopened[Bare]):
    """Takes rows for the one worker: whoever writes has the file to itself."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.bare)

    async def take(self, wish: Wish) -> list[Taken]:
        """Lease the next rows in the order of the audience; raises Away when nobody knows."""
        return await self.use(lambda line: line.run(partial(_take, wish)))


def _write(fates: Sequence[tuple[Held, Fate]], marks: Sequence[Copy], cursor: sqlite3.Cursor) -> set[int]:
    cursor.executemany(SETTLE, [(*_values(fate), held.seq, held.lease.name) for held, fate in fates])
    marked = {copy.seq for copy in marks if cursor.execute(MARK, (copy.seq, copy.lease.name)).rowcount}
    missed = [(copy.seq, copy.lease.name) for copy in marks if copy.seq not in marked]
    cursor.executemany(LET_GO, missed)
    return marked


def _values(fate: Fate) -> tuple[str | float | None, ...]:
    return (fate.state.value, fate.code, fate.tries, fate.doubts, fate.again_in, fate.again_in)


def _take(wish: Wish, cursor: sqlite3.Cursor) -> list[Taken]:
    cursor.execute(TAKE, (wish.name, wish.seconds, wish.issue_id.hex, wish.after, wish.limit))
    taken = []
    for seq, ident, subscriber, attempts in sorted(cursor.fetchall()):
        reader = cursor.execute(READER, (subscriber,)).fetchone() or (None, None)
        taken.append(Taken(seq, bytes.fromhex(ident), bytes.fromhex(subscriber), attempts, *reader))
    return taken
