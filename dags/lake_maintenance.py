"""lake_maintenance: merges logs, removes old files, writes tables of many small files anew."""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, SPARK, Gridseal, nightly

DOC = """
Once a night, with the pipeline paused for the time of each that has anything to do: `gridseal table compact` merges
what waits in log files, `gridseal table clean` removes files beyond the retention; then, beside the pipeline,
`gridseal table cluster` writes the tables made by Spark anew into few files.
"""

with DAG("lake_maintenance", schedule=nightly("30 5 * * *"), tags=["maintenance"], doc_md=DOC, **DAG_DEFAULTS):
    compact = Gridseal(task_id="compact", words=("table", "compact", "--pause"), pool=SPARK)
    clean = Gridseal(task_id="clean", words=("table", "clean", "--pause"), pool=SPARK)
    cluster = Gridseal(task_id="cluster", words=("table", "cluster"), pool=SPARK)
    compact >> clean >> cluster
