"""Lineage: OpenLineage events of Airflow and dbt, kept in audit.lineage_events."""
