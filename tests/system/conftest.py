"""What system tests share with journeys: a prepared service on either database."""

from __future__ import annotations

from tests.journeys.conftest import prepared_files, prepared_server, service, urls

__all__ = ["prepared_files", "prepared_server", "service", "urls"]
