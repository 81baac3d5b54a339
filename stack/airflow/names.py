"""Names that Airflow's settings and the DAGs share."""

NAMESPACE = "gridseal"
"""Of jobs and tables in the lineage."""
POOLS = {"spark": 1}
"""Slots of what does not fit beside itself on a small machine."""
ALARM_FILE = "AIRFLOW_GRIDSEAL_ALARM_FILE"
"""Variable that names the file with the address of the webhook; it may hold a key, as those of chats do."""
HOME = "AIRFLOW_GRIDSEAL_HOME"
"""Variable that names the folder in which commands are run, that of their .env."""
