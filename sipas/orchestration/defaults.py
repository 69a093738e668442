"""What every DAG shares: owner, retries, tags and the assets between them.

No DAG has a start date: its first scheduled run is the next one, not one made up for yesterday.
"""

from datetime import timedelta

from airflow.sdk import Asset

OWNER = "data-engineering"
TAGS = ("ingest", "build", "publish", "protect")
DEFAULTS = {
    "owner": OWNER,
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "execution_timeout": timedelta(minutes=30),
}
WRITER_POOL = "warehouse_writer"
AUTOMATIC_APPROVAL = "automatic_approval"  # the Airflow variable that a demo or a test sets

# Names of our own: Cosmos's contain host and port and change with the server.
DOSSIERS_ARRIVED = Asset("sipas://batches/dossiers")
SURVEYS_ARRIVED = Asset("sipas://batches/survey_forms")
REFERENCE_ARRIVED = Asset("sipas://batches/reference")
WAREHOUSE_BUILT = Asset("sipas://builds/warehouse")
