"""What system tests share: a prepared service on either database, and the scenes of the fault table."""

from __future__ import annotations

from tests.faults.conftest import frail, furnished_files, lease, make, many, relay, relay_process, shared
from tests.journeys.conftest import prepared_files, prepared_server, service, urls

__all__ = [
    "frail",
    "furnished_files",
    "lease",
    "make",
    "many",
    "prepared_files",
    "prepared_server",
    "relay",
    "relay_process",
    "service",
    "shared",
    "urls",
]
