"""The whole ``gridseal seal`` of a partition of Hudi on HDFS, beside Spark's count(distinct), which is warm."""

from collections.abc import Iterator

from bench.clock import seconds
from bench.figure import Figure, Goal
from bench.notary import rows, spark
from bench.notary.lake import open_corner
from bench.options import Options
from pipelines.streaming.child import open_child

_SPARK = "Spark, warm, count(distinct) of each column"


def measure(options: Options) -> Iterator[Figure]:
    """From the start of the command to its end.

    Raises:
        PipelineError: No lake runs.
    """
    file = rows.write(options.folder / "rows.parquet", rows.as_they_arrive(options.rows))
    with open_corner(options.folder, own_tables=True) as corner, open_child(corner.settings) as call:
        call(spark.write_table, corner.settings, file)
        (outcome,) = corner.seal(rows.TABLE)
        if outcome["rows"] != options.rows:
            raise ArithmeticError(f"{outcome['rows']:,} rows were sealed, {options.rows:,} were written")
        sides = {
            "seal": lambda: corner.seal(rows.TABLE, "--again"),
            "spark": lambda: call(spark.count_distinct, corner.settings),
        }
        took = seconds(sides, options.runs)
    yield Figure(
        "gridseal seal of a Hudi partition on HDFS",
        options.rows / took["seal"],
        "rows/s",
        _SPARK,
        options.rows / took["spark"],
        (Goal(">=", 4, of_ratio=True),),
    )
