"""What is read from Flink's answers: the job, its restarts, its sources, its checkpoints."""

import threading
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.observe.checkpoint import CheckpointFigures, checkpoint_figures
from pipelines.observe.job import JobFigures, SourceRate, job_figures
from pipelines.settings import PipelineSettings
from pipelines.streaming.submit import wait_until_running


def test_the_running_job(settings: PipelineSettings, job: str) -> None:
    figures = job_figures(settings)
    assert figures.job
    assert (figures.job.id, figures.job.healthy, figures.job.uptime_s) == (job, True, 65.5)
    assert figures.restarts == 2
    # Of the operator itself, not of the task: that one counts a record once for each reader.
    assert figures.rates == (SourceRate("ods.meter_reading", 512.5),)


def test_few_requests(settings: PipelineSettings, answers: Any, job: str) -> None:
    job_figures(settings)
    sources = 2
    assert len(answers.asked) <= 3 + 2 * sources


def test_no_job(settings: PipelineSettings, answers: Any) -> None:
    answers["/jobs/overview"] = {"jobs": []}
    assert job_figures(settings) == JobFigures(None)


def test_flink_that_refuses_is_told(settings: PipelineSettings) -> None:
    with pytest.raises(PipelineError, match="Flink refused GET /jobs/overview: 404") as refused:
        job_figures(settings)
    assert (refused.value.exit_code, refused.value.hint) == (3, "gridseal status")


@pytest.mark.usefixtures("job")
def test_the_newest_checkpoint_covers_what_came_before_it_began(settings: PipelineSettings) -> None:
    assert checkpoint_figures(settings) == CheckpointFigures(
        completed_ms=1795280051500, covers_until_ms=1795280050000, size=12345678, duration_ms=1500, failed=1
    )


def kept_checkpoint(answers: Any) -> None:
    """A retained checkpoint on HDFS, and a newer one that is not whole."""

    def folder(*names: str) -> dict[str, Any]:
        return {"FileStatuses": {"FileStatus": [{"pathSuffix": name, "type": "DIRECTORY"} for name in names]}}

    answers["LISTSTATUS /flink/checkpoints"] = folder("job1", "job2")
    answers["LISTSTATUS /flink/checkpoints/job1"] = folder("chk-7", "chk-8", "shared")
    answers["GETFILESTATUS /flink/checkpoints/job1/chk-7/_metadata"] = {
        "FileStatus": {"type": "FILE", "length": 900, "modificationTime": 1795270000000}
    }


@pytest.mark.parametrize("flink", ["no job", "dead", "no checkpoint since the start"])
def test_without_one_of_the_job_the_one_on_hdfs_counts(
    settings: PipelineSettings, answers: Any, job: str, flink: str
) -> None:
    kept_checkpoint(answers)
    failed = None
    if flink == "no job":
        answers["/jobs/overview"] = {"jobs": []}
    elif flink == "dead":
        settings = settings.model_copy(update={"flink_url": "http://127.0.0.1:1"})
    else:
        answers[f"/jobs/{job}/checkpoints"]["latest"]["completed"] = None
        failed = 1
    assert checkpoint_figures(settings) == CheckpointFigures(1795270000000, 1795270000000, failed=failed)


def test_before_the_first_there_is_none(settings: PipelineSettings, answers: Any) -> None:
    answers["/jobs/overview"] = {"jobs": []}
    assert checkpoint_figures(settings) is None


def test_nobody_answers(settings: PipelineSettings) -> None:
    alone = settings.model_copy(update={"flink_url": "http://127.0.0.1:1", "webhdfs_url": "http://127.0.0.1:1"})
    with pytest.raises(PipelineError, match=r"HDFS does not answer at http://127.0.0.1:1: \[Errno 111\] Connection"):
        checkpoint_figures(alone)


def test_who_waits_for_a_job_asks_again_when_flink_leaves_a_question_unanswered(
    settings: PipelineSettings, answers: Any, job: str
) -> None:
    overview = answers.pop("/jobs/overview")
    with pytest.raises(PipelineError, match="Flink refused GET /jobs/overview: 404"):
        wait_until_running(settings, 0.5)
    assert len(answers.asked) > 1
    later = threading.Timer(0.5, answers.__setitem__, ("/jobs/overview", overview))
    later.start()
    assert wait_until_running(settings, 30).id == job
    later.join()
