"""What the service writes down while it runs: one JSON object a line, and never an address.

Whatever looks like an e-mail address or like a link's token is taken out before a line is written,
also in the text of an error, as a second wall behind code that does not log them at all.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# A local part may stand in quotes, and may hold ' and = (an address inside a return path).
ADDRESS = re.compile(r"""(?:"[^"\s]*"|[^\s<>"(),:;]+)(?:@|%40|=40)[^\s<>"'(),:;]+""", re.IGNORECASE)
TOKEN = re.compile(r"[A-Za-z0-9_-]{40,}")


def clean(text: str) -> str:
    """The text without anything that looks like an address or a token."""
    return TOKEN.sub("[token]", ADDRESS.sub("[address]", text))


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bytes):
        return "[bytes]"
    if isinstance(value, list | tuple):
        return [_clean_value(each) for each in value]
    if isinstance(value, dict):
        return {key: _clean_value(each) for key, each in value.items()}
    return value


def redact(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog step that cleans every field."""
    return {key: _clean_value(value) for key, value in entry.items()}


def configure(level: str = "INFO") -> None:
    """Send everything, the libraries' lines too, through the same steps to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-2], structlog.processors.format_exc_info, redact],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [out]
    root.setLevel(level.upper())
    for name in ("uvicorn.access", "aiosmtplib", "sqlalchemy.engine"):
        logging.getLogger(name).setLevel(logging.WARNING)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; event names are fixed words, values go in fields, identifiers instead of objects."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
