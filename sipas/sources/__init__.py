"""Connectors: how to ask a kind of system for what is new; one kind a file."""
