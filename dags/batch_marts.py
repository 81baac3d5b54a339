"""batch_marts: repairs what came late, then makes the tables with a long history, as their contracts say."""

from airflow.sdk import DAG, Asset, task
from airflow.sdk.exceptions import AirflowFailException

from dags.common import DAG_DEFAULTS, NIGHT_MARTS, SPARK, Gridseal, catalog, in_time, nightly

DOC = """
Once a night, for the day before: the checks of ODS, a repair of the frozen days that something came for, each table
with `engine: spark` in its contract (a new one appears by itself), and their checks.

`gridseal batch run` makes what has changed since its last run, so that any number of runs, in any order, for any range
of days, ends in the same tables. Whatever fails, the night is handed on to `nightly_notary` at the end: what there is
gets sealed.
"""

marts = {table.name: table for table in catalog().ordered if table.engine == "spark"}
# What a day of readings is made of, and what is made of it.
facts = [table.name for table in catalog() if catalog().made_of_facts(table.name) and table.engine == "flink"]

with DAG("batch_marts", schedule=nightly("30 4 * * *"), tags=["marts"], doc_md=DOC, deadline=in_time(), **DAG_DEFAULTS):
    sources = Gridseal(task_id="check_sources", words=("check", "ods"), reads=["ods"], pool=SPARK)
    repair = Gridseal(
        task_id="repair_late_days", words=("batch", "repair"), reads=["ods", "dim"], writes=facts, pool=SPARK
    )
    sources >> repair
    made = {
        name: Gridseal(
            task_id=f"make_{name.replace('.', '_')}",
            words=("batch", "run", name),
            reads=catalog().upstream[name],
            writes=[name],
            pool=SPARK,
            owner=table.owner,
            outlets=[Asset(f"gridseal://tables/{name}")],
        )
        for name, table in marts.items()
    }
    checked = []
    for name, make in made.items():
        above = [made[one] for one in catalog().upstream[name] if one in made]
        (above or [repair]) >> make
        check = Gridseal(
            task_id=f"check_{name.replace('.', '_')}",
            words=("check", name),
            reads=[name],
            pool=SPARK,
            owner=marts[name].owner,
        )
        make >> check
        checked.append(check)

    @task(trigger_rule="all_done", outlets=[NIGHT_MARTS])
    def hand_on() -> None:
        """Whatever has failed: the night is over, and what there is gets sealed."""

    @task(trigger_rule="one_failed", retries=0)
    def fail() -> None:
        """The run is as good as its worst task."""
        raise AirflowFailException("see the failed tasks before this one")

    checked >> hand_on()
    [sources, repair, *made.values(), *checked] >> fail()
