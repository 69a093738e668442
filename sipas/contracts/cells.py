"""What a cell of a reference table may hold, for the contracts of several tables."""

from typing import Annotated

import msgspec

Text = Annotated[str, msgspec.Meta(min_length=1)]
# What fits a column of type integer.
Integer = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
