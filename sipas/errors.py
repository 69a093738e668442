"""Errors whose text is meant for a person: what is wrong, where, and what to do."""


class UserError(Exception):
    """A fault that the reader can mend; shown as one line, without a traceback."""
