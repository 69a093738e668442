"""SIPAS warehouse: everything that is neither SQL nor configuration."""
