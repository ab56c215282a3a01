"""The tests' browser is a real one, with scripts and styles at work."""

from __future__ import annotations

from tests import browser

PAGE = "<title>before</title><p>Hallo</p><script>document.title = 'after'</script>"


def test_the_browser_shows_a_page_and_runs_its_script() -> None:
    with browser.opened() as chromium:
        page = chromium.new_page()
        page.set_content(PAGE)
        assert page.title() == "after"
        assert page.inner_text("p") == "Hallo"
