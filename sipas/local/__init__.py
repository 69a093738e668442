"""The embedded servers of `make up`: PostgreSQL, Airflow, Superset and the simulator."""
