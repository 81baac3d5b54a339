"""DAGs of one command each, which fails in a way of its own; dag.test() wants them in a file."""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, Gridseal

AT_ONCE = {"retry_delay": timedelta(seconds=1), "retry_exponential_backoff": False}
WORDS: dict[str, dict[str, Any]] = {
    "good": {},
    "flaky": {"retries": 3, **AT_ONCE},
    "fails": {"retries": 1, **AT_ONCE},
    "killed": {"retries": 0},
    "misused": {"retries": 3, **AT_ONCE},
    "hangs": {"retries": 0, "execution_timeout": timedelta(seconds=3)},
}

for word, options in WORDS.items():
    with DAG(f"dag_{word}", schedule=None, **DAG_DEFAULTS) as dag:
        Gridseal(task_id="task", words=(word,), **options)
    globals()[dag.dag_id] = dag
