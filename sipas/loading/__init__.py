"""Loading: one delivery under one contract and mapping becomes one batch, in one transaction."""
