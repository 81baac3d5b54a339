"""Fixtures of all rooms: settings with ports and state of their own, and the services running on them."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from pydantic import SecretStr

import stack
from gridseal.settings import Settings, settings_beside
from stack.settings import env_name, secret_fields
from stack.sql import settings_environment

# Beside the ports of a stack that someone may have running.
PORT_OFFSET = 2000
# Of the webhook that Airflow tells of failures.
ALARM_PORT = 20999
# They run in environments of their own: make test-models, make test-dags.
collect_ignore = ["dags", "models"]
# How long an example takes says what else the machine has to do.
hypothesis.settings.register_profile("gridseal", deadline=None)
hypothesis.settings.load_profile("gridseal")


def _settings(folder: Path) -> Settings:
    # Tables of its own, which a test may change.
    warehouse = folder / "warehouse"
    shutil.copytree(Settings.model_fields["warehouse_dir"].default, warehouse)
    # Airflow leaves nights no time, so that each is told to be late.
    told = {"alarm_url": SecretStr(f"http://127.0.0.1:{ALARM_PORT}"), "alarm_after_minutes": 0}
    return settings_beside(folder, PORT_OFFSET, warehouse_dir=warehouse, **told)


@pytest.fixture(scope="session")
def stack_env_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .env of the tests' own, with passwords."""
    env_file = tmp_path_factory.mktemp("stack") / ".env"
    stack.ensure_secrets(env_file)
    return env_file


@pytest.fixture(scope="session")
def stack_settings(stack_env_file: Path) -> Settings:
    """Settings of the tests' own stack."""
    return _settings(stack_env_file.parent)


@pytest.fixture(scope="session")
def running_stack(stack_settings: Settings) -> Iterator[Settings]:
    """The services, ready; stopped and removed when the session ends, their logs kept if CI asks for them."""
    try:
        stack.up(stack_settings)
        yield stack_settings
    finally:
        stack.down(stack_settings)
        if kept := os.environ.get("KEEP_LOGS"):
            shutil.copytree(stack_settings.var_dir / "log", kept, dirs_exist_ok=True)
        stack.clean(stack_settings)


@pytest.fixture(scope="session")
def stack_environment(stack_settings: Settings) -> dict[str, str]:
    """Environment in which a command of ours finds the tests' own stack."""
    secrets = {env_name(name): getattr(stack_settings, name).get_secret_value() for name in secret_fields()}
    return dict(os.environ) | settings_environment(stack_settings) | secrets
