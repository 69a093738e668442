"""The survey side: what its reference rows must say together, and what a file's headings mean."""
