"""Personal data: what is taken out of landed originals, when, and the proof that none is left."""
