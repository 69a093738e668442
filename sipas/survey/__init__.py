"""The survey side: what its reference rows must say together."""
