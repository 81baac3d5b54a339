"""What is refused before anything starts, with its message and exit code."""

import errno
import os
import shutil
import socket
from pathlib import Path

import pytest

import stack
from stack import fingerprint
from stack.errors import StackError
from stack.findings import doctor
from stack.java import classpath, java_home
from stack.layout import Layout
from stack.settings import StackSettings


def other(settings: StackSettings, **values: object) -> StackSettings:
    """The settings with some changed."""
    return StackSettings(**(dict(settings) | values))


def test_a_taken_port_names_port_service_holder_and_setting(settings: StackSettings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StackError) as refused:
            stack.up(other(settings, flink_blob_port=port))
    assert f"port {port} of jobmanager is held by process {os.getpid()} (" in refused.value.message
    assert "GRIDSEAL_FLINK_BLOB_PORT" in refused.value.message
    assert refused.value.exit_code == 2
    assert all(service.state == "stopped" for service in stack.status(settings))


def test_a_host_of_another_machine_is_refused(settings: StackSettings) -> None:
    with pytest.raises(StackError, match="GRIDSEAL_HOST must be an address of this machine"):
        stack.up(other(settings, host="192.0.2.1"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(settings: StackSettings, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StackError, match="Permission denied"):
        stack.up(settings)


def test_a_folder_that_cannot_be_made_is_told(settings: StackSettings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="cannot write the folder of state") as refused:
        stack.up(other(settings, var_dir=tmp_path / "file" / "var"))
    assert "GRIDSEAL_VAR_DIR" in refused.value.message
    assert refused.value.exit_code == 2


def test_a_read_only_folder_is_told(settings: StackSettings) -> None:
    # /proc refuses new folders even to root, as a read-only disk does.
    with pytest.raises(StackError, match="cannot write the folder of state /proc/var"):
        stack.up(other(settings, var_dir=Path("/proc/var")))


def test_a_full_disk_is_told(settings: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.layout.disk_free", lambda _: 5 << 20)
    with pytest.raises(StackError, match="has 5 MiB free; the services need at least 1024 MiB"):
        Layout.of(settings).make()


def test_a_missing_jar_is_told(settings: StackSettings, tmp_path: Path) -> None:
    with pytest.raises(StackError, match=f"no jars in {tmp_path}/build/jars/hadoop") as refused:
        stack.up(other(settings, build_dir=tmp_path / "build"))
    assert refused.value.hint == "make setup"
    assert refused.value.exit_code == 3


def test_a_flink_home_without_our_jar_is_told(settings: StackSettings, tmp_path: Path) -> None:
    build = tmp_path / "build"
    (build / "jars").mkdir(parents=True)
    for group in ("hadoop", "kafka"):
        (build / "jars" / group).symlink_to(Path("build/jars", group).absolute())
    shutil.copytree("build/flink/conf", build / "flink" / "conf")
    with pytest.raises(StackError, match=r"00-gridseal-flink\.jar is missing"):
        stack.up(other(settings, build_dir=build))


def test_another_java_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "java-8"
    (old / "bin").mkdir(parents=True)
    (old / "bin" / "java").touch(mode=0o755)
    (old / "release").write_text('JAVA_VERSION="8"\n')
    monkeypatch.setattr("stack.java._candidates", lambda: iter([old]))
    with pytest.raises(StackError, match=rf"Java 17 is needed .* {old} \(8\)"):
        java_home()


def test_a_class_path_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no jars in"):
        classpath(tmp_path / "*")


def test_changed_settings_are_noticed(settings: StackSettings) -> None:
    Layout.of(settings).make()
    fingerprint.save(settings)
    fingerprint.check_unchanged(settings)
    changed = other(settings, kafka_port=29092, database_app_password="another-password")
    with pytest.raises(StackError) as refused:
        fingerprint.check_unchanged(changed)
    assert "GRIDSEAL_KAFKA_PORT changed from 19092 to 29092" in refused.value.message
    assert "GRIDSEAL_DATABASE_APP_PASSWORD changed" in refused.value.message
    assert "another-password" not in refused.value.message
    assert refused.value.hint == "make down && make up"


def test_a_folder_that_is_not_ours_is_not_removed(settings: StackSettings) -> None:
    settings.var_dir.mkdir()
    (settings.var_dir / "thesis.txt").touch()
    with pytest.raises(StackError, match="does not look like a folder of state"):
        stack.clean(settings)
    assert (settings.var_dir / "thesis.txt").exists()


def test_doctor_names_what_is_wrong_and_what_mends_it(settings: StackSettings, tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    stack.ensure_secrets(env_file)
    env_file.chmod(0o644)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        findings = {finding.name: finding for finding in doctor(other(settings, kafka_port=port), env_file)}
    assert findings["mode of .env"].remedy == f"chmod 600 {env_file}"
    assert findings["kafka"].remedy == "make up"
    assert "GRIDSEAL_KAFKA_PORT" in findings[f"port {port}"].detail
    assert findings["java"].ok
    assert all(finding.ok or finding.remedy for finding in findings.values())


def test_a_long_path_moves_the_sockets(tmp_path: Path) -> None:
    deep = StackSettings(var_dir=tmp_path / ("d" * 100))
    assert len(bytes(Layout.of(deep).socket("mariadb.sock"))) <= 107
    assert Layout.of(StackSettings(var_dir=Path("/v"))).socket("s").parent == Path("/v/run")


def test_what_the_disk_says_is_passed_on(settings: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(StackError, match="No space left on device"):
        Layout.of(settings).make()
