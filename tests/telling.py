"""Says what failed when it fails: a run that is cut off has told what it had found."""

from __future__ import annotations

import pytest

MOST = 3000  # letters of one failure; the end of the run has the whole


class Teller:
    """Writes between the dots."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and terminal is not None:  # a process beside the first has none
            terminal.ensure_newline()
            terminal.write_line(f"{report.nodeid} failed in its {report.when}:", red=True)
            terminal.write_line(report.longreprtext[-MOST:])


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Teller(config))
