"""Types that the columns of many reference tables share."""

from typing import Annotated

import msgspec

Text = Annotated[str, msgspec.Meta(min_length=1)]
# What fits a column of type integer.
Integer = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
