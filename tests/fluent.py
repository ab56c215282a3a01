"""The texts of every language, read when this is loaded: by the process that forks, for all it forks."""

from __future__ import annotations

from app.core import language

language.learn()
