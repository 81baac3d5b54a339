"""Where the notary keeps its records."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from pipelines.settings import PipelineSettings


class NotarySettings(PipelineSettings):
    """What the notary needs beside the lake."""

    notary_path: str = Field(
        "/notary", pattern=r"^/[A-Za-z0-9_./-]*$", description="Folder of leaves and salts on HDFS."
    )

    audit_nights: int = Field(
        30, ge=1, le=3650, description="Nights within which a nightly run audits every sealed partition once."
    )
    chain_url: str = Field("", description="http(s)://... of a node's JSON-RPC; default: this stack's chain.")
    chain_id: int = Field(0, ge=0, description="Number of the chain (EIP-155); default: that of this stack's chain.")
    chain_contract: str = Field(
        "",
        pattern=r"^(0x[0-9a-fA-F]{40})?$",
        description="Address of the contract; default: the one that was deployed.",
    )
    chain_finality: Literal["latest", "safe", "finalized"] = Field(
        "latest", description="Block from which a checkpoint counts as final; the embedded chain is never reorganised."
    )
    chain_confirmations: int = Field(
        0, ge=0, le=10_000, description="Blocks on top of it, if chain_finality is latest."
    )
    chain_bump_seconds: int = Field(
        90, ge=1, le=86_400, description="A transaction that is not mined for so long is sent again with a higher fee."
    )
    chain_max_fee_gwei: int = Field(500, ge=1, description="The most that a unit of gas may cost, in gwei.")
    chain_keys_dir: Path | None = Field(
        None, description="Folder of anchorer.key and admin.key, mode 0600; default: keys under var_dir."
    )

    timestamp_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#@]+([/?][^\s#]*)?)?$",
        description="http(s)://... of a time-stamp authority (RFC 3161) that also stamps checkpoints; default: none.",
    )
    timestamp_certificate: Path | None = Field(
        None, description="PEM file of that authority's root, with which its stamps are verified."
    )

    @model_validator(mode="after")
    def _check_root(self) -> Self:
        if self.timestamp_url and self.timestamp_certificate is None:
            raise ValueError(
                "GRIDSEAL_TIMESTAMP_URL is set and GRIDSEAL_TIMESTAMP_CERTIFICATE is not: no stamp could be verified"
                " without the root of the authority"
            )
        return self

    @property
    def keys_dir(self) -> Path:
        """Folder of the keys that sign transactions."""
        return self.chain_keys_dir or self.var_dir / "keys"

    @property
    def notary_dir(self) -> Path:
        """Folder of the record of seals, checkpoints and transactions."""
        return self.var_dir / "notary"
