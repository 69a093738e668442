"""Verify: is a release still what was published, and does it come out again from landed bytes?"""
