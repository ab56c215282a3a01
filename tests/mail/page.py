"""What tests ask about the HTML of a mail: its elements, its links, its headings and its tables."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = frozenset(("meta", "br", "img"))


class Page(HTMLParser):
    """What tests ask about a mail: its elements, its links, and how deep its tables go."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.links, self.headings = [], [], []
        self.deepest_table = 0
        self._open, self._words = [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        self.deepest_table = max(self.deepest_table, self._open.count("table"))
        if tag == "a":
            self.links.append([dict(attrs)["href"], ""])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, f"{tag} is closed where it was not open"

    def handle_data(self, data):
        if "a" in self._open:
            self.links[-1][1] += data

    def every(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]
