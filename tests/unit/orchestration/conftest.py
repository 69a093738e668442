"""Airflow writes a folder of its own when it is imported: here one that goes with the tests."""

import os
import tempfile

HOME = tempfile.TemporaryDirectory(prefix="sipas-test-airflow-")
os.environ.setdefault("AIRFLOW_HOME", HOME.name)
