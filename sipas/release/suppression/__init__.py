"""Suppression: what a release must not tell, and what could be derived from what it tells.

dbt marks the figures that are hidden by themselves: fewer than five people answered, or too
delicate for a unit below the district. Everything else is decided here, for all marts of all
rounds: which further figures are hidden so that nothing hidden can be derived.
"""
