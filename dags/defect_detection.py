"""defect_detection: tells defects on the photographs that nobody has answered for yet, and watches the model."""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, SPARK, Gridseal, nightly

DOC = """
Once a night: `gridseal images detect` answers for every photograph that the model of now has not answered for, such as
all of them after a new model; `gridseal check` looks at `ads.model_quality`, whose checks warn of drift.
"""

with DAG("defect_detection", schedule=nightly("0 4 * * *"), tags=["models"], doc_md=DOC, **DAG_DEFAULTS):
    detect = Gridseal(
        task_id="detect",
        words=("images", "detect"),
        reads=["dwd.image"],
        writes=["ods.image_prediction"],
        pool=SPARK,
        owner="analytics",
    )
    detect >> Gridseal(
        task_id="check_quality",
        words=("check", "ads.model_quality"),
        reads=["ads.model_quality"],
        pool=SPARK,
        owner="analytics",
    )
