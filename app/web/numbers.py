"""A number that anybody may type, in an address, a field or a header: nine digits at the most.

Of a longer one there is no page, and it is read as no number: Python refuses one of thousands of digits.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.convertors import CONVERTOR_TYPES, IntegerConvertor

SHAPE: Final = "[0-9]{1,9}"  # what fits in every column of numbers, and more than any number of ours


class Short(IntegerConvertor):
    """A number in the path of a door."""

    regex = SHAPE


CONVERTOR_TYPES["int"] = Short()  # every `{number:int}`, also of a door that is made later


def read(text: str) -> int | None:
    """The number that was typed; None when it is not one."""
    return int(text) if re.fullmatch(SHAPE, text) else None
