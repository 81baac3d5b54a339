"""freshness: whether the tables are as fresh as their contracts promise."""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, Gridseal

DOC = """
Every quarter of an hour `gridseal freshness` holds each table against the promise in its contract. One that is late
fails the run, and is told to the webhook.
"""

with DAG("freshness", schedule="*/15 * * * *", tags=["quality"], doc_md=DOC, **DAG_DEFAULTS):
    Gridseal(task_id="freshness", words=("freshness",), retries=1)
