"""Settings of tests that start nothing."""

from pathlib import Path

import pytest

from stack.settings import StackSettings


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    """Settings with a folder of state of this test alone."""
    return StackSettings(
        var_dir=tmp_path / "var",
        alarm_url="https://chat.example/hooks/key-of-a-chat",
        kafka_password="kafka-password-01",  # pragma: allowlist secret
        database_admin_password="admin-password-1",  # pragma: allowlist secret
        database_app_password="app-password-0001",  # pragma: allowlist secret
        database_cdc_password="cdc-password-0001",  # pragma: allowlist secret
        database_reader_password="it's a \\ password",
        sql_password="sql-password-123",  # pragma: allowlist secret
        airflow_database_password="p@ss/word: it's \\ %s",  # pragma: allowlist secret
        airflow_admin_password="airflow-admin-01",  # pragma: allowlist secret
        airflow_engineer_password="engineer-pass-01",  # pragma: allowlist secret
        airflow_viewer_password="viewer-password1",  # pragma: allowlist secret
    )
