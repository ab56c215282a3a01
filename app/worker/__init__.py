"""What happens by itself: one table of jobs, and the loop that runs them beside the two senders.

Read `jobs` first: what, how often, why. `loop` runs them, `alone` sees to it that a SQLite database
has one worker.
"""

from __future__ import annotations

from app.worker.jobs import JOBS, Chore
from app.worker.loop import Worker, serve

__all__ = ["JOBS", "Chore", "Worker", "serve"]
