"""Settings of the sources' tests, and the services that they need."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import stack
from pipelines.settings import PipelineSettings
from stack.settings import StackSettings, port_fields

# These tests have a business database of their own: other rooms' tests fill the one of the running stack.
DATABASE_PORT_OFFSET = 3000


@pytest.fixture(scope="session")
def feed_settings(running_stack: StackSettings, tmp_path_factory: pytest.TempPathFactory) -> PipelineSettings:
    """Settings with the brokers of the running stack and records of these tests alone."""
    return PipelineSettings(
        var_dir=tmp_path_factory.mktemp("feeds"),
        kafka_bootstrap_servers=f"{running_stack.host}:{running_stack.kafka_port}",
    )


@pytest.fixture(scope="module")
def business_settings(
    stack_settings: StackSettings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PipelineSettings]:
    """Settings with an empty business database."""
    ports = {name: StackSettings.model_fields[name].default + DATABASE_PORT_OFFSET for name in port_fields()}
    # Short, because the path of a Unix socket may have at most 107 characters.
    var_dir = tmp_path_factory.mktemp("db")
    own = stack_settings.model_copy(update=ports | {"var_dir": var_dir})
    try:
        stack.start(own, "database")
        yield PipelineSettings(
            var_dir=var_dir,
            database_host=own.host,
            database_port=own.database_port,
            database_app_password=own.database_app_password,
        )
    finally:
        stack.down(own)
        shutil.rmtree(var_dir, ignore_errors=True)


@pytest.fixture
def nowhere(tmp_path: Path) -> PipelineSettings:
    """Settings that point to ports where nothing listens."""
    return PipelineSettings(
        var_dir=tmp_path, kafka_bootstrap_servers="127.0.0.1:1", database_host="127.0.0.1", database_port=1
    )
