"""Open data of a release: a folder that anybody can read, cite and check without this database.

What is public is what was approved: the columns that the release itself lists (`mart_columns`).
They are a part of the hash that the approver named, so a folder of exactly these columns can be
proved by that hash. A list of dbt exposures would be a second one, which may say something else.
"""
