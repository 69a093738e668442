"""The way of one published figure back to landed bytes, derived on demand.

A figure is read from the frozen rows of its release. What it was made of is read from `raw` and
`reference` for exactly the batches that the release's build saw, reckoned once more in exact
fractions with the method rows frozen in the release, and compared.
"""
