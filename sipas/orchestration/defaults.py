"""What every DAG shares: owner, retries, tags and the assets between them.

No DAG has a start date: its first scheduled run is the next one, not one made up for yesterday.
"""

from datetime import timedelta

from airflow.sdk import Asset

from sipas.orchestration.alerts import NoteFailure

OWNER = "data-engineering"
TAGS = ("ingest", "build", "publish", "protect", "tell")
DEFAULTS = {
    "owner": OWNER,
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "execution_timeout": timedelta(minutes=30),
}
FAILURE_NOTED = NoteFailure()  # of every DAG but the one that tells of it
WRITER_POOL = "warehouse_writer"
# Runs of approve_release that wait for people at once: one a scope, communes and agencies too.
MOST_WAITING_CANDIDATES = 1000
ACCOUNT_IDS = "account_ids"  # the Airflow variable with the number of each account, by its name
AUTOMATIC_APPROVAL = "automatic_approval"  # the Airflow variable that a demo or a test sets

# Names of our own: Cosmos's contain host and port and change with the server.
DOSSIERS_ARRIVED = Asset("sipas://batches/dossiers")
SURVEYS_ARRIVED = Asset("sipas://batches/survey_forms")
REFERENCE_ARRIVED = Asset("sipas://batches/reference")
WAREHOUSE_BUILT = Asset("sipas://builds/warehouse")
RELEASES_PUBLISHED = Asset("sipas://releases/published")
