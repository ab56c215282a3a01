"""What a worker takes and writes while it sends, in PostgreSQL's own words: one statement is one commit.

Each statement says what must be true before, so that doing it twice does what doing it once does:
after an answer that never came it is simply asked again on a new connection.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from psycopg.pq.abc import PGresult

from app.core.database import Database
from app.core.direct import Direct, array, numbers
from app.core.reopened import Reopened
from app.features.send.claim import Wish
from app.features.send.fate import Fate
from app.features.send.lease import Copy, Held, Lease, Taken

# The reader is still there and wants mail, asked in the moment in which the copy is marked. A notice of a
# data breach goes to everybody who is there (GDPR Art. 34). A value asked for each row, and not EXISTS:
# that may become a join, and a plan made while the table was small began it at the issue, which reads all
# of its copies for each group.
WANTED = """coalesce((
    SELECT (s.restricted_at IS NULL AND (s.paused_until IS NULL OR s.paused_until <= clock_timestamp()))
    OR (SELECT n.notice FROM issue n WHERE n.id = d.issue_id)
    FROM subscriber s WHERE s.id = d.subscriber_id), false)"""

GROUP = f"""
WITH fate AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::int[], $7::int[])
    AS f(seq, lease, state, code, again, tries, doubts)
), settled AS (
    UPDATE delivery d
    SET state = f.state, code = coalesce(f.code, d.code), lease_owner = NULL, lease_until = NULL,
        attempts = d.attempts + f.tries, in_doubt = d.in_doubt + f.doubts,
        due_at = CASE WHEN f.again > 0 THEN clock_timestamp() + f.again * interval '1 second'
                 ELSE d.due_at END
    FROM fate f
    WHERE d.seq = f.seq AND d.lease_owner = f.lease AND d.state IN ('waiting', 'sending')
)
UPDATE delivery d SET state = 'sending' FROM unnest($8::bigint[], $9::text[]) AS m(seq, lease)
WHERE d.seq = m.seq AND d.lease_owner = m.lease AND d.lease_until > clock_timestamp()
AND d.state IN ('waiting', 'sending')
AND (SELECT i.state FROM issue i WHERE i.id = d.issue_id) = 'sending'
AND {WANTED}
RETURNING d.seq
"""  # noqa: S608  (put together from fixed texts)

# What did not come back from its mark: the reader left, or the issue stopped, or the lease is over.
LET_GO = f"""
UPDATE delivery d
SET state = CASE WHEN {WANTED} THEN 'waiting' ELSE 'left' END, lease_owner = NULL, lease_until = NULL
FROM unnest($1::bigint[], $2::text[]) AS m(seq, lease)
WHERE d.seq = m.seq AND d.lease_owner = m.lease AND d.state IN ('waiting', 'sending')
"""  # noqa: S608  (put together from fixed texts)

# Only what nobody else could have taken yet.
RENEW = """
UPDATE delivery SET lease_until = clock_timestamp() + $4::float8 * interval '1 second'
WHERE seq BETWEEN $1::bigint AND $2::bigint AND lease_owner = $3::text
AND lease_until > clock_timestamp() AND state IN ('waiting', 'sending')
"""

# The next rows of the audience that are due and that nobody has; their readers' addresses, still sealed.
TAKE = """
WITH picked AS (
    SELECT seq FROM delivery
    WHERE issue_id = $1::uuid AND seq > $2::bigint AND state IN ('waiting', 'sending')
    AND (lease_until IS NULL OR lease_until < clock_timestamp())
    AND (due_at IS NULL OR due_at <= clock_timestamp())
    ORDER BY seq LIMIT $3::int FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE delivery d
    SET lease_owner = $4::text, lease_until = clock_timestamp() + $5::float8 * interval '1 second',
        in_doubt = d.in_doubt + (d.state = 'sending')::int, state = 'waiting'
    FROM picked p WHERE d.seq = p.seq
    RETURNING d.seq, d.id, d.subscriber_id, d.attempts
)
SELECT t.seq, t.id, t.subscriber_id, t.attempts, s.address, s.language
FROM taken t LEFT JOIN subscriber s ON s.id = t.subscriber_id ORDER BY t.seq
"""

WRITING = {b"group": GROUP, b"let_go": LET_GO, b"renew": RENEW}
TAKING = {b"take": TAKE}


class Pen(Reopened[Direct]):
    """Writes a worker's marks and fates, each group in one message to the database."""

    def __init__(self, database: Database) -> None:
        super().__init__(partial(database.direct, WRITING))

    async def write(self, fates: Sequence[tuple[Held, Fate]], marks: Sequence[Copy]) -> set[int]:
        """Commit all of it; returns which marks hold. Raises Away when nobody knows."""
        found = await self.use(_asking(b"group", [*_settled(fates), *_rows(marks)]))
        marked = {int.from_bytes(found.get_value(row, 0) or b"", "big") for row in range(found.ntuples)}
        if missed := [copy for copy in marks if copy.seq not in marked]:
            await self.use(_asking(b"let_go", _rows(missed)))
        return marked

    async def renew(self, lease: Lease, seconds: float) -> None:
        """Hold on to what is still ours."""
        words = (str(lease.first), str(lease.last), lease.name, f"{seconds:.3f}")
        await self.use(_asking(b"renew", [word.encode() for word in words]))


class Hand(Reopened[Direct]):
    """Takes rows for one worker among many."""

    def __init__(self, database: Database) -> None:
        super().__init__(partial(database.direct, TAKING))

    async def take(self, wish: Wish) -> list[Taken]:
        """Lease the next rows in the order of the audience; raises Away when nobody knows."""
        words = (wish.issue_id.hex, str(wish.after), str(wish.limit), wish.name, f"{wish.seconds:.3f}")
        found = await self.use(_asking(b"take", [word.encode() for word in words]))
        return [_taken(found.get_value, row) for row in range(found.ntuples)]


def _asking(name: bytes, values: Sequence[bytes]) -> Callable[[Direct], Awaitable[PGresult]]:
    return lambda line: line.run(name, values)


def _taken(value: Callable[[int, int], bytes | None], row: int) -> Taken:
    seq, attempts = value(row, 0) or b"", value(row, 3) or b""
    language = value(row, 5)
    return Taken(
        int.from_bytes(seq, "big"),
        value(row, 1) or b"",
        value(row, 2) or b"",
        int.from_bytes(attempts, "big"),
        value(row, 4),
        None if language is None else language.decode(),
    )


def _rows(held: Sequence[Held]) -> list[bytes]:
    """Rows and the leases under which they are ours."""
    return [numbers([each.seq for each in held]), _words([each.lease.name for each in held])]


def _settled(fates: Sequence[tuple[Held, Fate]]) -> list[bytes]:
    return [
        *_rows([held for held, _ in fates]),
        _words([fate.state for _, fate in fates]),
        _words([fate.code for _, fate in fates]),
        array([f"{fate.again_in:.3f}" for _, fate in fates]),
        numbers([fate.tries for _, fate in fates]),
        numbers([fate.doubts for _, fate in fates]),
    ]


def _words(values: Sequence[str | None]) -> bytes:
    """Codes and states have digits, letters, dots, blanks and underscores: quotes are all they need."""
    return array(["NULL" if value is None else f'"{value}"' for value in values])
