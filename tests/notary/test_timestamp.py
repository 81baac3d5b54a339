"""An authority stamps a checkpoint once and is believed in nothing; and a stamp proves no other checkpoint."""

import json
import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from pydantic import ValidationError

from gridseal.cli import main
from notary.anchors import Anchor, Tell, anchor_newest
from notary.errors import NotaryError
from notary.proving import prove_row, way_of
from notary.record.checkpoints import Anchored, Checkpoints, State
from notary.record.database import open_database
from notary.record.seals import SealLog
from notary.record.stamps import Stamp
from notary.settings import NotarySettings
from notary.timestamp import authority as client
from notary.timestamp.exchange import ask
from notary.timestamp.token import checker, load_roots
from notary.verify.__main__ import lines
from notary.verify.errors import ProofError
from notary.verify.evm import anchor_from_json
from notary.verify.proof import LONGEST_STAMP, MOST_STAMPS, Proof, dump, load
from notary.verify.seal import Checkpoint
from notary.verify.trust import Node
from notary.verify.verdict import CheckStamp, Outcome, Trust, judge
from pipelines.reading.commits import Seen
from tests.notary.authority import REJECTION, Authority, Signer, serving
from tests.notary.evm_record import anvil
from tests.notary.test_anchor import CHAIN_ID, lake_on
from tests.notary.test_proof import LEAVES, SALTS, SCHEMA, SEALS, bill, shown

ROOT = Path(__file__).parents[2]


@dataclass
class Record:
    """The notary's record of a lake, whose checkpoints an authority stamps."""

    settings: NotarySettings
    log: SealLog
    checkpoints: Checkpoints
    connection: Any
    told: list[str] = field(default_factory=list)

    def seal(self) -> None:
        self.log.append(SEALS[len(self.log)], SCHEMA, Seen(SEALS[0].instant, frozenset(), 0), "")

    def anchor(self, *others: Anchor) -> tuple[Anchored | None, bool]:
        stamper = client.Authority(self.settings, self.connection, self.log)
        return anchor_newest(self.checkpoints, [*others, stamper], 0, self.told.append)

    def stamps(self) -> dict[int, tuple[Stamp, ...]]:
        return {one.checkpoint.size: one.stamps for one in self.checkpoints.all() if one.stamps}

    def prove(self, night: int = 0, customer: int = 7) -> Proof:
        sealed = list(self.log.all())[night]
        way = way_of(self.log, self.checkpoints, sealed)
        proof = prove_row(Leaves(sealed), way, customer, bill(customer))  # type: ignore[arg-type]
        assert proof
        return load(dump(proof).encode())

    def set(self, **settings: Any) -> None:
        self.settings = self.settings.model_copy(update=settings)


@dataclass
class Leaves:
    """What HDFS would hold of a seal."""

    sealed: Any
    leaves: Any = field(default_factory=lambda: np.frombuffer(b"".join(LEAVES), np.uint8).reshape(-1, 32))

    def salt(self, index: int) -> bytes:
        return SALTS[index]

    def place(self, index: int) -> Any:
        return shown(index).place


class Other:
    """Another anchor, such as a third."""

    def __init__(self, held: bool = True, error: NotaryError | None = None) -> None:
        self.held, self.error = held, error
        self.seen: list[Checkpoint] = []

    def hold(self, checkpoint: Checkpoint, wait_s: float, tell: Tell = lambda _: None) -> bool:
        self.seen.append(checkpoint)
        if self.error:
            raise self.error
        return self.held


@pytest.fixture
def authority() -> Iterator[Authority]:
    with serving() as found:
        yield found


@contextmanager
def recorded(folder: Path, authority: Authority) -> Iterator[Record]:
    certificate = authority.root.write(folder / "root.pem")
    settings = NotarySettings(
        var_dir=folder, timestamp_url=authority.url, timestamp_certificate=certificate, chain_id=CHAIN_ID
    )
    with open_database(settings) as connection:
        log = SealLog(connection)
        yield Record(settings, log, Checkpoints(connection, log), connection)


@pytest.fixture
def record(tmp_path: Path, authority: Authority) -> Iterator[Record]:
    with recorded(tmp_path, authority) as found:
        found.seal()
        yield found


def trusting(*roots: Signer) -> CheckStamp:
    return checker([root.certificate for root in roots])


def test_nothing_sealed_is_nothing_to_stamp(tmp_path: Path, authority: Authority) -> None:
    with recorded(tmp_path, authority) as record:
        assert record.anchor() == (None, True)
    assert authority.requests == []


def test_a_checkpoint_is_stamped_once_and_its_stamp_proves_it(record: Record, authority: Authority) -> None:
    for _ in range(3):
        anchored, held = record.anchor()
        assert anchored
        assert held
        (stamp,) = anchored.stamps
        assert stamp.url == authority.url
        assert abs(stamp.time - datetime.now(UTC)) < timedelta(seconds=60)
    assert len(authority.requests) == 1
    assert len(record.told) == 1
    assert "checkpoint of 1 seals: stamped 20" in record.told[0]
    assert record.prove().stamps == (stamp.token,)
    assert trusting(authority.root)(stamp.token, record.log.checkpoint().hash) == stamp.time
    record.seal()
    assert record.anchor()[1]
    assert len(authority.requests) == 2
    # No nonce is asked for twice, and none is foreseen.
    assert len(set(authority.requests)) == 2


def test_a_second_authority_stamps_it_too(record: Record, authority: Authority, tmp_path: Path) -> None:
    record.anchor()
    with serving() as other:
        record.set(timestamp_url=other.url, timestamp_certificate=other.root.write(tmp_path / "other.pem"))
        anchored, held = record.anchor()
        assert held
        assert anchored
        assert {stamp.url for stamp in anchored.stamps} == {authority.url, other.url}
        data = dump(record.prove()).encode()
        assert judge(data, None, trusting(authority.root, other.root)).outcome is Outcome.VALID
        # Whoever trusts one of them alone is told that the other is none of his.
        assert judge(data, None, trusting(other.root)).link == "stamp"


def test_a_proof_file_holds_as_many_stamps_as_it_may(record: Record) -> None:
    checkpoint, _ = record.anchor()
    assert checkpoint
    (stamp,) = checkpoint.stamps
    for number in range(MOST_STAMPS + 3):
        record.connection.execute(
            "INSERT INTO stamps VALUES (1, ?, ?, ?)", (f"http://{number}.example", stamp.token, stamp.time.isoformat())
        )
    assert len(record.prove().stamps) == MOST_STAMPS


Change = Callable[[Authority], None]


def changed(**values: Any) -> Change:
    def change(authority: Authority) -> None:
        for name, value in values.items():
            setattr(authority, name, value)

    return change


def of_another_root(authority: Authority) -> None:
    authority.signer = Signer.root("root of the tests").stamper()


def of_another_purpose(authority: Authority) -> None:
    authority.signer = authority.root.stamper(ExtendedKeyUsageOID.SERVER_AUTH)


def of_no_critical_purpose(authority: Authority) -> None:
    authority.signer = authority.root.stamper(critical=False)


def of_the_root_itself(authority: Authority) -> None:
    authority.signer = authority.root


def signed_by_another_key(authority: Authority) -> None:
    authority.signer = replace(authority.signer, key=Signer.root("x").key)


def too_long(authority: Authority) -> None:
    one = authority.root.certificate.public_bytes(Encoding.DER)
    authority.others = [one] * (LONGEST_STAMP // len(one) + 1)


def broken_certificate(authority: Authority) -> None:
    version = bytes.fromhex("a003020102")
    other = Signer.root("x").certificate.public_bytes(Encoding.DER)
    authority.others = [other.replace(version, version[:-1] + b"\x09", 1)]


REFUSED: dict[str, tuple[Change, str]] = {
    "another root": (of_another_root, "none of the trusted root"),
    "another purpose": (of_another_purpose, "none of the trusted root"),
    "a purpose that is not critical": (of_no_critical_purpose, "none of the trusted root"),
    "the root as the signer": (of_the_root_itself, "none of the trusted root"),
    "another key": (signed_by_another_key, "none of the trusted root"),
    "another hash": (changed(imprint=bytes(32)), "Mismatch between messages"),
    "a hash of another length": (changed(imprint=bytes(20)), "Mismatch between messages"),
    "another nonce": (changed(nonce=4711), "Nonce mismatch"),
    "a certificate of no version": (broken_certificate, "none of the trusted root"),
    "a token too long for a proof": (too_long, "bytes, at most 32,768"),
    "rejected": (changed(status=REJECTION), r"refuses: PKIStatus 2 not\x1b[31m [/b] today"),
    "granted with modifications": (changed(status=1), "refuses: PKIStatus 1"),
    "a status that is none": (changed(status=77), "refuses: PKIStatus 77"),
    "nothing": (changed(body=b""), "none of the trusted root"),
    "a page": (changed(body=b"<html>"), "none of the trusted root"),
    "granted without a token": (changed(body=bytes.fromhex("30053003020100")), "none of the trusted root"),
    "HTTP 500": (changed(http_status=500), "HTTP status 500"),
    "HTTP 204": (changed(http_status=204), "HTTP status 204"),
    "a huge answer": (changed(body=bytes(50 << 20)), "more than 36,864 bytes"),
    "less than announced": (changed(body=b"0", headers={"Content-Length": "9"}), "none of the trusted root"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_told_and_asked_for_again(record: Record, authority: Authority, name: str) -> None:
    change, why = REFUSED[name]
    change(authority)
    for other in (Other(), Other()):
        anchored, held = record.anchor(other)
        assert (bool(anchored), held) == (True, False)
        assert len(other.seen) == 1
    assert record.stamps() == {}
    assert len(authority.requests) == 2
    assert len(record.told) == 2
    assert "checkpoint of 1 seals: not stamped, the next run tries again: " in record.told[0]
    assert why in record.told[0]
    assert record.told[0].isprintable()
    assert len(record.told[0]) < 700


def test_a_redirect_is_not_followed(record: Record, authority: Authority) -> None:
    with serving() as other:
        for status in (301, 302, 303, 307, 308):
            changed(http_status=status, headers={"Location": other.url})(authority)
            assert not record.anchor()[1]
            assert f"HTTP status {status}" in record.told[-1]
        assert other.requests == []


def test_no_proxy_of_the_environment_is_asked(
    record: Record, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        assert record.anchor()[1]
        assert (len(proxy.requests), len(authority.requests)) == (0, 1)


def test_an_authority_that_is_gone_and_comes_back(tmp_path: Path) -> None:
    with serving() as before:
        port = int(before.url.split(":")[2].split("/")[0])
    with recorded(tmp_path, before) as record:
        record.seal()
        assert not record.anchor()[1]
        assert "does not answer" in record.told[-1]
        with serving(port) as back:
            back.root.write(tmp_path / "root.pem")
            assert record.anchor()[1]
            assert list(record.stamps()) == [1]


@contextmanager
def dripping() -> Iterator[str]:
    """A server that sends a byte now and then, and comes to no end."""

    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                for _ in range(200):
                    time.sleep(0.05)
                    connection.sendall(b"0")
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=drip, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_an_answer_that_comes_to_no_end_is_cut() -> None:
    with dripping() as url:
        began = time.monotonic()
        with pytest.raises(NotaryError, match="no whole answer within") as late:
            ask(url, b"", timeout_s=0.5)
    assert 0.4 < time.monotonic() - began < 5
    assert late.value.exit_code == 3


def test_over_tls_the_host_must_be_the_one_that_was_meant(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Signer.root("root of hosts")
    for name, fine in (("localhost", True), ("elsewhere.example", False)):
        context, host = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), root.host(name)
        context.load_cert_chain(host.write(tmp_path / "host.pem"), host.write_key(tmp_path / "host.key"))
        with serving(secured=context) as secured:
            record.set(timestamp_url=secured.url, timestamp_certificate=secured.root.write(tmp_path / "tsa.pem"))
            assert not record.anchor()[1]
            assert "CERTIFICATE_VERIFY_FAILED" in record.told[-1]
            with monkeypatch.context() as trusting_hosts:
                trusting_hosts.setenv("SSL_CERT_FILE", str(root.write(tmp_path / "hosts.pem")))
                assert record.anchor()[1] is fine


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/",
        "file:///etc/passwd",
        "a.example",
        "//a",
        "http://",
        "https:///x",
        "http://me:secret@a/",  # pragma: allowlist secret
        "http://a b",
    ],
)
def test_other_addresses_than_those_of_http_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="timestamp_url"):
        NotarySettings(timestamp_url=url, timestamp_certificate=tmp_path)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://127.0.0.1:x/", "http://[a/"]
)
def test_nothing_else_than_http_is_spoken(url: str) -> None:
    with pytest.raises(NotaryError, match="does not answer"):
        ask(url, b"")


def test_an_authority_without_a_root_is_refused(record: Record, authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="GRIDSEAL_TIMESTAMP_CERTIFICATE is not"):
        NotarySettings(timestamp_url=authority.url)
    (tmp_path / "empty.pem").touch()
    authority.root.write_key(tmp_path / "key.pem")
    for name in ("missing.pem", "empty.pem", "key.pem", "."):
        record.set(timestamp_certificate=tmp_path / name)
        chain = Other()
        with pytest.raises(NotaryError, match="holds no certificate as PEM") as wrong:
            record.anchor(chain)
        assert (wrong.value.exit_code, len(chain.seen)) == (2, 1)
    assert authority.requests == []


def test_one_anchor_that_fails_keeps_it_from_no_other(record: Record) -> None:
    gone, slow, third = Other(error=NotaryError("gone", exit_code=3)), Other(held=False), Other(error=NotaryError("x"))
    with pytest.raises(NotaryError, match="gone"):
        record.anchor(gone, slow, third)
    assert [len(one.seen) for one in (gone, slow, third)] == [1, 1, 1]
    assert "x" in record.told
    assert list(record.stamps()) == [1]
    assert record.anchor(slow)[1] is False
    assert record.anchor(Other())[1] is True


def test_older_checkpoints_of_the_chain_are_stamped_later(record: Record, authority: Authority) -> None:
    """Proofs end in the oldest checkpoint on the chain that holds their seal: without this they would have no stamp."""
    evidence = anchor_from_json(json.loads((ROOT / "tests/notary/evm_anchor.json").read_text())["anchor"])
    authority.http_status = 500
    for _ in range(4):
        anchored, _ = record.anchor()
        assert anchored
        # The second never came to the chain.
        if anchored.checkpoint.size != 2:
            record.checkpoints.set_state(anchored.checkpoint.size, State.FINALIZED, evidence)
        record.seal()
    assert len(authority.requests) == 4
    authority.http_status = 200
    assert record.anchor()[1]
    assert sorted(record.stamps()) == [1, 3, 4, 5]
    assert [line.split(": ")[0] for line in record.told[-4:]] == [f"checkpoint of {n} seals" for n in (5, 4, 3, 1)]
    proof = record.prove(0)
    assert proof.checkpoint.size == 1
    assert trusting(authority.root)(proof.stamps[0], proof.checkpoint.hash)


def test_the_newest_one_is_held_whatever_becomes_of_older_ones(
    record: Record, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = anchor_from_json(json.loads((ROOT / "tests/notary/evm_anchor.json").read_text())["anchor"])
    authority.http_status = 500
    for _ in range(3):
        record.anchor()
        record.checkpoints.set_state(len(record.log), State.FINALIZED, evidence)
        record.seal()
    authority.http_status, before = 200, len(authority.requests)
    answer = Authority.answer

    def once(self: Authority, request: bytes) -> bytes:
        self.http_status = 200 if len(self.requests) == before else 500
        return answer(self, request)

    monkeypatch.setattr(Authority, "answer", once)
    assert record.anchor()[1]
    assert list(record.stamps()) == [4]
    # An authority that has just refused is not asked for the others, too.
    assert len(authority.requests) == before + 2


# What a reader makes of it.


def test_a_stamp_of_a_trusted_root_is_enough(record: Record, authority: Authority) -> None:
    record.anchor()
    proof = record.prove()
    data = dump(proof).encode()
    verdict = judge(data, None, trusting(authority.root))
    assert (verdict.outcome, verdict.block, len(verdict.stamped)) == (Outcome.VALID, None, 1)
    assert re.search(r"\n  stamped    20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$", "\n".join(lines(verdict)))
    # Who trusts nobody is told that there is a stamp, by the package that cannot check it.
    verdict = judge(data, None)
    assert (verdict.outcome, verdict.link) == (Outcome.PENDING, "anchor")
    assert lines(verdict)[-1].startswith("  unchecked  time-stamps (RFC 3161): 1; ")


def test_no_stamp_is_none_yet(record: Record, authority: Authority) -> None:
    record.checkpoints.make()
    verdict = judge(dump(record.prove()).encode(), None, trusting(authority.root))
    assert (verdict.outcome, verdict.link) == (Outcome.PENDING, "stamp")


def test_a_stamp_of_something_else_is_refused(record: Record, authority: Authority) -> None:
    record.anchor()
    first = record.prove()
    record.seal()
    record.anchor()
    check, stamps = trusting(authority.root), record.stamps()
    other = stamps[2][0].token
    for wrong in (
        (other,),
        (first.stamps[0], other),
        (first.stamps[0][:-1],),
        (first.stamps[0] + b"\0",),
        (b"",),
        (b"\x05\0",),
        (authority.answer(authority.requests[0]),),
    ):
        verdict = judge(dump(replace(first, stamps=wrong)).encode(), None, check)
        assert (verdict.outcome, verdict.link) == (Outcome.INVALID, "stamp"), wrong
    # The same seals in a lake of another name are another checkpoint.
    renamed = replace(first, checkpoint=replace(first.checkpoint, origin="another.lake"))
    assert judge(dump(renamed).encode(), None, check).link == "stamp"
    assert judge(dump(first).encode(), None, trusting(Signer.root("root of the tests"))).link == "stamp"
    assert judge(dump(first).encode(), None, check).outcome is Outcome.VALID


def test_whatever_a_token_holds_is_refused_in_one_sentence(record: Record, authority: Authority) -> None:
    record.anchor()
    token, message = record.stamps()[1][0].token, record.log.checkpoint().hash
    check, chance, errors = trusting(authority.root), random.Random(11), list[ProofError]()
    for _ in range(3000):
        data = bytearray(token)
        at = chance.randrange(len(data))
        data[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        try:
            check(bytes(data), message)
        except ProofError as error:
            errors.append(error)
    assert len(errors) > 2000
    assert {error.link for error in errors} == {"stamp"}
    assert all(str(error).isprintable() for error in errors)


def test_both_clocks_of_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command as it is typed, with a chain and an authority: what either of them is worth, and its exit codes."""
    with ExitStack() as stack:
        chain, authority = stack.enter_context(anvil("--chain-id", str(CHAIN_ID))), stack.enter_context(serving())
        lake = lake_on(chain, tmp_path)
        environment = {
            "GRIDSEAL_VAR_DIR": str(tmp_path),
            "GRIDSEAL_CHAIN_URL": lake.settings.chain_url,
            "GRIDSEAL_CHAIN_ID": str(CHAIN_ID),
            "GRIDSEAL_CHAIN_KEYS_DIR": str(lake.settings.keys_dir),
            "GRIDSEAL_TIMESTAMP_URL": authority.url,
            "GRIDSEAL_TIMESTAMP_CERTIFICATE": str(authority.root.write(tmp_path / "root.pem")),
        }
        for name in [name for name in os.environ if name.startswith("GRIDSEAL_")]:
            monkeypatch.delenv(name)
        monkeypatch.chdir(tmp_path)

        def gridseal(*words: str, **settings: str) -> tuple[int, str, str]:
            monkeypatch.setattr(sys, "argv", ["gridseal", *words])
            for name, value in (environment | settings).items():
                monkeypatch.setenv(name, value)
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
            return int(ended.value.code or 0), *capsys.readouterr()

        record = stack.enter_context(recorded(tmp_path, authority))
        record.seal()
        code, address, _ = gridseal("notary", "deploy")
        assert code == 0
        authority.status = REJECTION
        code, out, err = gridseal("anchor", "--format", "json")
        assert (code, json.loads(out)[0]["state"], json.loads(out)[0]["stamped"]) == (4, "finalized", None)
        assert r"refuses: PKIStatus 2 not\x1b[31m [/b] today" in err.replace("\n", "")
        authority.status = 0
        # A chain that is gone is in nobody's way.
        code, _, err = gridseal("anchor", GRIDSEAL_CHAIN_URL="http://127.0.0.1:9")
        assert (code, "does not answer at http://127.0.0.1:9" in err) == (3, True)
        assert list(record.stamps()) == [1]
        code, out, _ = gridseal("anchor", "--format", "json")
        assert (code, json.loads(out)[0]["stamped"]) == (0, record.stamps()[1][0].time.isoformat())

        proof = record.prove()
        assert len(proof.anchors) == len(proof.stamps) == 1
        file, root = tmp_path / "bill.json", str(tmp_path / "root.pem")
        wrong = str(Signer.root("another").write(tmp_path / "another.pem"))
        chosen = ("--rpc", lake.settings.chain_url, "--contract", address.strip())
        cases: list[tuple[Proof, tuple[str, ...], int, str]] = [
            (proof, (), 0, "unchecked  time-stamps"),
            (proof, ("--tsa-certificate", root), 0, "unchecked  blocks of chains: 1"),
            (proof, ("--tsa-certificate", root, *chosen), 0, "anchored   block"),
            (proof, ("--tsa-certificate", root, "--rpc", lake.settings.chain_url), 0, "stamped    20"),
            (proof, ("--tsa-certificate", wrong), 1, "invalid (stamp)"),
            (proof, ("--tsa-certificate", wrong, *chosen), 1, "invalid (stamp)"),
            (proof, ("--tsa-certificate", root, *chosen[:2], "--contract", f"0x{'12' * 20}"), 1, "invalid (anchor)"),
            (replace(proof, anchors=()), (), 4, "pending (anchor)"),
            (replace(proof, anchors=()), ("--tsa-certificate", root), 0, "stamped    20"),
            (replace(proof, anchors=()), ("--tsa-certificate", root, *chosen), 4, "pending (anchor)"),
            (replace(proof, anchors=()), ("--tsa-certificate", wrong, *chosen), 1, "invalid (stamp)"),
            (replace(proof, stamps=()), ("--tsa-certificate", root), 4, "pending (stamp)"),
            (replace(proof, stamps=()), ("--tsa-certificate", root, *chosen), 4, "pending (stamp)"),
            (replace(proof, stamps=()), chosen, 0, "anchored   block"),
        ]
        for given, words, wanted, said in cases:
            file.write_text(dump(given))
            code, out, err = gridseal("verify", str(file), *words)
            assert (code, said in out) == (wanted, True), (words, out, err)
        code, _, err = gridseal("verify", str(file), "--tsa-certificate", str(file))
        assert (code, "holds no certificate as PEM" in err) == (2, True)
        # A chain that is named and cannot be compared is not left out in silence.
        words = ("--tsa-certificate", root, *chosen[:2])
        code, _, err = gridseal("verify", str(file), *words, GRIDSEAL_VAR_DIR=str(tmp_path / "another"))
        assert (code, "no contract is known" in err) == (2, True)
        node = Node(lake.settings.chain_url, "latest")
        trust = Trust(bytes.fromhex(address.strip()[2:]), node.chain_id, node.check_block)
        assert judge(dump(proof).encode(), trust, trusting(authority.root)).outcome is Outcome.VALID


def test_by_hand_as_the_document_says(record: Record, authority: Authority, tmp_path: Path) -> None:
    """docs/notary.md: the commands with which somebody checks a stamp with openssl."""
    assert shutil.which("openssl"), "this test needs openssl: apt-get install openssl"
    (commands,) = re.findall(
        r"```sh\n((?:(?!```).)*openssl ts -verify.*?)```", (ROOT / "docs/notary.md").read_text(), re.DOTALL
    )
    record.anchor()
    (tmp_path / "bill.json").write_text(dump(record.prove()))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def run() -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            ["bash", "-e", "-c", commands], cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    told = run()
    assert told.returncode == 0, told.stderr
    assert "Verification: OK" in told.stdout
    assert f"{record.stamps()[1][0].time:%Y GMT}" in told.stdout
    Signer.root("root of the tests").write(tmp_path / "root.pem")
    told = run()
    assert (told.returncode != 0, "Verification: OK" in told.stdout) == (True, False)


def test_a_file_of_several_certificates_is_read(authority: Authority, tmp_path: Path) -> None:
    both = b"".join(one.write(tmp_path / "one.pem").read_bytes() for one in (authority.root, Signer.root("x")))
    (tmp_path / "both.pem").write_bytes(both)
    assert len(load_roots(tmp_path / "both.pem")) == 2
