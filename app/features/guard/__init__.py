"""Keeps promise 7: gone stays gone, also when a backup is put back, and before anything else happens.

Read in this order: `watch` (what is looked after), `restore` (a backup is noticed, and what then stops),
`replay` (who has gone goes again), `counter` (how ledger and database keep step).
"""

from __future__ import annotations

from app.features.guard.counter import flush_pending, raise_counter, reasons
from app.features.guard.replay import replay
from app.features.guard.restore import check, hold, silent
from app.features.guard.watch import Watch

__all__ = ["Watch", "check", "flush_pending", "hold", "raise_counter", "reasons", "replay", "silent"]
