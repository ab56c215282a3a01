"""A privacy request from the day it comes in to the day that its answer has reached its reader.

`receive` puts it on record, `identify` makes certain who asks, `settle` decides and answers, `remind`
watches the term.
"""

from __future__ import annotations
