"""A data breach from becoming aware of it to its end.

`record` has the facts and the report to the AP, `remind` the 72 hours, `words` the text of the notice, and
`notice` the two people who write and approve it.
"""

from __future__ import annotations
