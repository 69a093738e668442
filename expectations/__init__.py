"""Great Expectations: what is unusual in this delivery or this publication."""
