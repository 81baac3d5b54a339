"""All settings: of the stack, the notary, the pipelines and the warehouse, from the environment and .env."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gridseal.errors import WRONG_USAGE, GridsealError
from models.settings import ModelSettings
from notary.settings import NotarySettings
from stack.settings import ENV_FILE, ENV_PREFIX, StackSettings, env_name, hidden_fields, port_fields, secret_fields


class Settings(StackSettings, NotarySettings, ModelSettings, BaseSettings):
    """One object for all rooms; each room sees the part that it declares.

    An address that is not set follows from the hosts and ports of the stack.
    """

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_file=ENV_FILE, extra="ignore")

    @property
    def embedded_chain_url(self) -> str:
        """Where the chain of this stack listens."""
        return f"http://{self.host}:{self.chain_port}"

    @property
    def embedded_chain(self) -> bool:
        """Whether the chain is the one of this stack."""
        return self.chain_url == self.embedded_chain_url

    @model_validator(mode="after")
    def _derive(self) -> Self:
        for name, of in _DERIVED.items():
            if not getattr(self, name):
                setattr(self, name, of(self))
        return self


_DERIVED: Mapping[str, Callable[[Settings], object]] = {
    "kafka_bootstrap_servers": lambda own: ",".join(f"{host}:{own.kafka_port}" for host in own.hosts("kafka")),
    "hdfs_uri": lambda own: f"hdfs://{own.hosts('namenode')[0]}:{own.namenode_port}",
    "webhdfs_url": lambda own: f"http://{own.hosts('namenode')[0]}:{own.namenode_http_port}",
    "flink_url": lambda own: ",".join(map(own.flink_rest_url, own.hosts("jobmanager"))),
    "database_host": lambda own: own.hosts("database")[0],
    "chain_url": lambda own: own.embedded_chain_url,
    "chain_id": lambda own: own.embedded_chain_id,
}
"""What follows from the stack unless it is set."""


def settings_beside(folder: Path, port_offset: int, **further: Any) -> Settings:
    """Settings of another stack on this machine, whatever the environment says of clusters, ports and passwords.

    Args:
        folder: Of its state, and of its .env, which is made if it is missing.
        port_offset: Between its ports and the usual ones.
        further: Settings that it has besides.
    """
    from stack.secrets import ensure_secrets

    env_file = folder / ".env"
    ensure_secrets(env_file)
    lines = (line.partition("=") for line in env_file.read_text(encoding="utf-8").splitlines())
    values = {name: value for name, _, value in lines}
    own: dict[str, Any] = {name: values[env_name(name)] for name in secret_fields()}
    own |= {name: Settings.model_fields[name].default + port_offset for name in port_fields()}
    own |= {name: Settings.model_fields[name].default for name in _DERIVED}
    own |= {"var_dir": folder / "var", "build_dir": Path("build").absolute()}
    return Settings(**own | further)


def load_settings(env_file: Path = ENV_FILE) -> Settings:
    """Read the settings from the environment and .env; at the first start .env gets random passwords.

    Raises:
        GridsealError: A setting is unknown or wrong; it names the setting, the value and where it was read.
    """
    from stack.secrets import ensure_secrets, secrets_dir

    ensure_secrets(env_file)
    _refuse_unknown(env_file)
    try:
        return Settings(_env_file=env_file, _secrets_dir=secrets_dir())
    except ValidationError as error:
        raise GridsealError("\n".join(_explain(error, env_file)), "gridseal settings", WRONG_USAGE) from None


def _refuse_unknown(env_file: Path) -> None:
    from difflib import get_close_matches

    from stack.secrets import names_in

    known = {env_name(name) for name in Settings.model_fields}
    text = env_file.read_text(encoding="utf-8") if env_file.exists() else ""
    for name in sorted(_set_names() | names_in(text)):
        if name.startswith(ENV_PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise GridsealError(f"{name} (read in {_where(name, env_file)}) is no setting{meant}", "gridseal settings")


def _explain(error: ValidationError, env_file: Path) -> list[str]:
    lines = []
    for part in error.errors():
        what = part["msg"].removeprefix("Value error, ")
        if not part["loc"]:
            lines.append(what)
            continue
        field = str(part["loc"][0]).lower()
        shown = "(hidden)" if field in hidden_fields() else repr(part["input"])
        lines.append(f"{env_name(field)} is {shown}, read in {_where(env_name(field), env_file)}: {what}")
    return lines


def _where(name: str, env_file: Path) -> str:
    return "the environment" if name in _set_names() else str(env_file)


def _set_names() -> set[str]:
    return {name.upper() for name in os.environ}
