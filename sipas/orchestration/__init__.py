"""What DAG files are wired from: shared settings, assets, and the bodies of tasks.

Airflow's names stay here and in `dags/`; the rooms below know nothing of Airflow.
"""
