"""What the contract lets whom write, what it refuses and why, what it keeps where, and what it costs."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from vyper import compile_code

from notary.chain.contract import artifact, gas
from notary.chain.contract.artifact import SOURCE, load, storage_keys
from notary.chain.contract.build import compiled
from notary.chain.contract.simulator import ACCOUNTS, Event, RevertError, Simulator
from notary.verify.evm import HEADS_SLOT, ROOTS_SLOT
from notary.verify.seal import Checkpoint

ADMIN, ANCHORER, NEXT, STRANGER, THIRD = ACCOUNTS
LAKE, OTHER, CLOSED = (Checkpoint(f"{name}.example", 0, bytes(32)).origin_id for name in ("lake", "other", "closed"))
ROOTS = [bytes([number]) * 32 for number in range(1, 4)]
NOBODY = bytes(20)
MOST = 2**64 - 1
WORDS = {f"slot {slot}": slot for slot in range(8)} | {
    f"{name} {what}": int.from_bytes(key, "big")
    for name, origin in (("lake", LAKE), ("other", OTHER), ("closed", CLOSED))
    for what, key in zip(("head", "root"), storage_keys(origin), strict=True)
}
FUNCTIONS = {entry["name"]: entry for entry in load().abi if entry["type"] == "function"}


@pytest.fixture
def chain() -> Simulator:
    """The contract with one open origin, of which nothing is written yet."""
    made = Simulator()
    made.send(ADMIN, "open_origin", LAKE, ANCHORER)
    return made


@pytest.fixture
def written(chain: Simulator) -> Simulator:
    """The same with two checkpoints, of 5 and 9 seals."""
    chain.send(ANCHORER, "checkpoint", LAKE, 0, 5, ROOTS[0])
    chain.send(ANCHORER, "checkpoint", LAKE, 5, 9, ROOTS[1])
    return chain


def hexed(address: bytes) -> str:
    return "0x" + address.hex()


def words(chain: Simulator) -> dict[str, int]:
    """All that the contract keeps."""
    return {name: chain.storage(slot) for name, slot in WORDS.items()}


@contextmanager
def refused(chain: Simulator, reason: str) -> Iterator[None]:
    """Refused for that reason, and nothing is written."""
    before = words(chain)
    with pytest.raises(RevertError) as caught:
        yield
    assert str(caught.value) == reason
    assert words(chain) == before


# What is refused: who calls what with which arguments, and the reason, on `written`.
REFUSALS: list[tuple[bytes, str, tuple[Any, ...], str]] = [
    (ANCHORER, "checkpoint", (CLOSED, 0, 1, ROOTS[0]), "not open"),
    (ADMIN, "checkpoint", (CLOSED, 0, 1, ROOTS[0]), "not open"),
    (STRANGER, "checkpoint", (LAKE, 9, 10, ROOTS[2]), "not the anchorer"),
    (ADMIN, "checkpoint", (LAKE, 9, 10, ROOTS[2]), "not the anchorer"),
    (STRANGER, "checkpoint", (LAKE, 5, 9, ROOTS[1]), "not the anchorer"),
    (ANCHORER, "checkpoint", (LAKE, 9, 9, ROOTS[2]), "size does not grow"),
    (ANCHORER, "checkpoint", (LAKE, 9, 9, ROOTS[1]), "size does not grow"),
    (ANCHORER, "checkpoint", (LAKE, 9, 5, ROOTS[0]), "size does not grow"),
    (ANCHORER, "checkpoint", (LAKE, 9, 0, ROOTS[0]), "size does not grow"),
    (ANCHORER, "checkpoint", (LAKE, MOST, MOST, ROOTS[0]), "size does not grow"),
    (ANCHORER, "checkpoint", (LAKE, 9, 10, bytes(32)), "root is zero"),
    (ANCHORER, "checkpoint", (LAKE, 5, 9, bytes(32)), "root is zero"),
    (ANCHORER, "checkpoint", (LAKE, 5, 9, ROOTS[2]), "another size is stored"),
    (ANCHORER, "checkpoint", (LAKE, 0, 5, ROOTS[0]), "another size is stored"),
    (ANCHORER, "checkpoint", (LAKE, 5, 10, ROOTS[2]), "another size is stored"),
    (ANCHORER, "checkpoint", (LAKE, 0, 10, ROOTS[2]), "another size is stored"),
    (ANCHORER, "checkpoint", (LAKE, 8, 10, ROOTS[2]), "another size is stored"),
    (ANCHORER, "checkpoint", (LAKE, 10, 11, ROOTS[2]), "another size is stored"),
    (ANCHORER, "checkpoint", (LAKE, 9 + 2**63, MOST, ROOTS[2]), "another size is stored"),
    (ADMIN, "open_origin", (LAKE, ANCHORER), "open already"),
    (ADMIN, "open_origin", (LAKE, STRANGER), "open already"),
    (ADMIN, "open_origin", (CLOSED, NOBODY), "anchorer is zero"),
    (ADMIN, "appoint", (LAKE, NOBODY), "anchorer is zero"),
    (ADMIN, "appoint", (CLOSED, ANCHORER), "not open"),
    (ADMIN, "pause", (CLOSED,), "not open"),
    (ADMIN, "resume", (CLOSED,), "not open"),
    (STRANGER, "accept_admin", (), "not proposed"),
    (ADMIN, "accept_admin", (), "not proposed"),
    *(
        (sender, name, arguments, "not the admin")
        for sender in (ANCHORER, STRANGER)
        for name, arguments in {
            "open_origin": (CLOSED, sender),
            "appoint": (LAKE, sender),
            "pause": (LAKE,),
            "resume": (LAKE,),
            "propose_admin": (sender,),
        }.items()
    ),
]
PAUSED_REFUSALS: list[tuple[bytes, str, tuple[Any, ...], str]] = [
    (ANCHORER, "checkpoint", (LAKE, 9, 10, ROOTS[2]), "paused"),
    (ANCHORER, "checkpoint", (LAKE, 5, 9, ROOTS[2]), "paused"),
    (STRANGER, "checkpoint", (LAKE, 9, 10, ROOTS[2]), "not the anchorer"),
    (STRANGER, "resume", (LAKE,), "not the admin"),
    (ADMIN, "open_origin", (LAKE, ANCHORER), "open already"),
]


def told(refusals: list[tuple[bytes, str, tuple[Any, ...], str]]) -> list[str]:
    """Names of the cases."""
    return [f"{name}, {reason}" for _, name, _, reason in refusals]


@pytest.mark.parametrize(("sender", "name", "arguments", "reason"), REFUSALS, ids=told(REFUSALS))
def test_what_is_refused_changes_nothing(
    written: Simulator, sender: Any, name: str, arguments: tuple[Any, ...], reason: str
) -> None:
    with refused(written, reason):
        written.send(sender, name, *arguments)


@pytest.mark.parametrize(("sender", "name", "arguments", "reason"), PAUSED_REFUSALS, ids=told(PAUSED_REFUSALS))
def test_what_is_refused_while_paused_changes_nothing(
    written: Simulator, sender: Any, name: str, arguments: tuple[Any, ...], reason: str
) -> None:
    written.send(ADMIN, "pause", LAKE)
    with refused(written, reason):
        written.send(sender, name, *arguments)


def test_every_reason_and_every_role_is_tried() -> None:
    reasons = set(re.findall(r'assert .*, "(.*)"', SOURCE.read_text("utf-8")))
    assert {reason for *_, reason in REFUSALS + PAUSED_REFUSALS} == reasons
    writing = {name for name, entry in FUNCTIONS.items() if entry["stateMutability"] != "view"}
    assert {name for sender, name, *_ in REFUSALS if sender == STRANGER} == writing
    assert all(len(reason) <= 32 for reason in reasons)


@pytest.mark.parametrize(
    ("old_size", "new_size"), [(0, 1), (0, MOST), (1, 2), (1, 10_001), (2**63 - 1, 2**63), (MOST - 1, MOST)]
)
def test_a_checkpoint_is_kept_and_told(chain: Simulator, old_size: int, new_size: int) -> None:
    if old_size:
        chain.send(ANCHORER, "checkpoint", LAKE, 0, old_size, ROOTS[0])
    before = words(chain)
    receipt = chain.send(ANCHORER, "checkpoint", LAKE, old_size, new_size, ROOTS[1])
    told = {"origin": LAKE, "old_size": old_size, "new_size": new_size, "root": ROOTS[1]}
    assert receipt.events == (Event("Checkpointed", told),)
    assert chain.read("latest", LAKE) == (new_size, ROOTS[1])
    assert chain.read("anchorer_of", LAKE) == hexed(ANCHORER)
    assert chain.read("is_paused", LAKE) is False
    head = new_size | int.from_bytes(ANCHORER, "big") << 96
    assert words(chain) == before | {"lake head": head, "lake root": int.from_bytes(ROOTS[1], "big")}


def test_nothing_follows_the_largest_size(chain: Simulator) -> None:
    chain.send(ANCHORER, "checkpoint", LAKE, 0, MOST, ROOTS[0])
    for old_size in (0, MOST - 1):
        with refused(chain, "another size is stored"):
            chain.send(ANCHORER, "checkpoint", LAKE, old_size, MOST, ROOTS[1])
    with refused(chain, "size does not grow"):
        chain.send(ANCHORER, "checkpoint", LAKE, MOST, MOST, ROOTS[1])


def test_the_same_root_may_follow_itself(written: Simulator) -> None:
    assert written.send(ANCHORER, "checkpoint", LAKE, 9, 10, ROOTS[1]).events
    assert written.read("latest", LAKE) == (10, ROOTS[1])


@pytest.mark.parametrize("old_size", [0, 5, 8])
@pytest.mark.parametrize("paused", [False, True])
def test_what_is_stored_already_is_no_second_checkpoint(written: Simulator, old_size: int, paused: bool) -> None:
    if paused:
        written.send(ADMIN, "pause", LAKE)
    before = words(written)
    assert written.send(ANCHORER, "checkpoint", LAKE, old_size, 9, ROOTS[1]).events == ()
    assert words(written) == before


@pytest.mark.parametrize("name", ["pause", "resume"])
def test_what_is_so_already_is_not_told_again(written: Simulator, name: str) -> None:
    written.send(ADMIN, "pause", LAKE)
    written.send(ADMIN, name, LAKE)
    before = words(written)
    assert written.send(ADMIN, name, LAKE).events == ()
    assert words(written) == before


def test_a_pause_stops_writes_and_no_read(written: Simulator) -> None:
    before = words(written)
    assert written.send(ADMIN, "pause", LAKE).events == (Event("Paused", {"origin": LAKE}),)
    assert words(written) == before | {"lake head": before["lake head"] | 1 << 64}
    assert written.read("is_paused", LAKE) is True
    assert written.read("latest", LAKE) == (9, ROOTS[1])
    assert written.read("anchorer_of", LAKE) == hexed(ANCHORER)
    with refused(written, "paused"):
        written.send(ANCHORER, "checkpoint", LAKE, 9, 10, ROOTS[2])
    assert written.send(ADMIN, "resume", LAKE).events == (Event("Resumed", {"origin": LAKE}),)
    assert words(written) == before
    assert written.read("is_paused", LAKE) is False
    assert written.send(ANCHORER, "checkpoint", LAKE, 9, 10, ROOTS[2]).events


def test_an_origin_is_opened_once(chain: Simulator) -> None:
    told = (Event("Opened", {"origin": OTHER, "anchorer": hexed(NEXT)}),)
    assert chain.send(ADMIN, "open_origin", OTHER, NEXT).events == told
    assert chain.read("anchorer_of", OTHER) == hexed(NEXT)
    assert chain.read("latest", OTHER) == (0, bytes(32))
    with refused(chain, "open already"):
        chain.send(ADMIN, "open_origin", OTHER, NEXT)


def test_an_origin_that_is_not_open_reads_as_nothing(written: Simulator) -> None:
    assert written.read("latest", CLOSED) == (0, bytes(32))
    assert written.read("anchorer_of", CLOSED) == hexed(NOBODY)
    assert written.read("is_paused", CLOSED) is False


@pytest.mark.parametrize("paused", [False, True])
def test_an_anchorer_who_is_replaced_loses_his_right(written: Simulator, paused: bool) -> None:
    if paused:
        written.send(ADMIN, "pause", LAKE)
    told = (Event("Appointed", {"origin": LAKE, "anchorer": hexed(NEXT)}),)
    assert written.send(ADMIN, "appoint", LAKE, NEXT).events == told
    assert written.read("anchorer_of", LAKE) == hexed(NEXT)
    assert written.read("is_paused", LAKE) is paused
    assert written.read("latest", LAKE) == (9, ROOTS[1])
    for arguments in ((9, 10, ROOTS[2]), (5, 9, ROOTS[1])):
        with refused(written, "not the anchorer"):
            written.send(ANCHORER, "checkpoint", LAKE, *arguments)
    written.send(ADMIN, "resume", LAKE)
    assert written.send(NEXT, "checkpoint", LAKE, 9, 10, ROOTS[2]).events


def test_two_origins_do_not_touch(written: Simulator) -> None:
    written.send(ADMIN, "open_origin", OTHER, NEXT)
    for sender, origin in ((ANCHORER, OTHER), (NEXT, LAKE)):
        with refused(written, "not the anchorer"):
            written.send(sender, "checkpoint", origin, 0, 1, ROOTS[0])
    lake = {name: word for name, word in words(written).items() if name.startswith("lake")}
    written.send(NEXT, "checkpoint", OTHER, 0, 3, ROOTS[2])
    written.send(ADMIN, "pause", OTHER)
    written.send(ADMIN, "appoint", OTHER, THIRD)
    assert lake.items() <= words(written).items()
    assert written.read("latest", OTHER) == (3, ROOTS[2])
    assert written.send(ANCHORER, "checkpoint", LAKE, 9, 10, ROOTS[2]).events
    assert written.read("latest", OTHER) == (3, ROOTS[2])
    assert written.read("is_paused", OTHER) is True


def test_whoever_deploys_is_admin() -> None:
    chain = Simulator()
    told = {"old_admin": hexed(NOBODY), "new_admin": hexed(ADMIN)}
    assert chain.creation.events == (Event("AdminChanged", told),)
    assert (chain.read("admin"), chain.read("proposed_admin")) == (hexed(ADMIN), hexed(NOBODY))


def test_an_admin_hands_over_in_two_steps(chain: Simulator) -> None:
    assert chain.send(ADMIN, "propose_admin", NEXT).events == (Event("AdminProposed", {"proposed": hexed(NEXT)}),)
    assert (chain.read("admin"), chain.read("proposed_admin")) == (hexed(ADMIN), hexed(NEXT))
    with refused(chain, "not the admin"):
        chain.send(NEXT, "pause", LAKE)
    with refused(chain, "not proposed"):
        chain.send(ADMIN, "accept_admin")
    told = {"old_admin": hexed(ADMIN), "new_admin": hexed(NEXT)}
    assert chain.send(NEXT, "accept_admin").events == (Event("AdminChanged", told),)
    assert (chain.read("admin"), chain.read("proposed_admin")) == (hexed(NEXT), hexed(NOBODY))
    assert chain.send(NEXT, "pause", LAKE).events
    for name, arguments in {"resume": (LAKE,), "propose_admin": (ADMIN,)}.items():
        with refused(chain, "not the admin"):
            chain.send(ADMIN, name, *arguments)
    with refused(chain, "not proposed"):
        chain.send(NEXT, "accept_admin")


@pytest.mark.parametrize("instead", [NOBODY, THIRD])
def test_a_proposal_is_taken_back(chain: Simulator, instead: bytes) -> None:
    chain.send(ADMIN, "propose_admin", NEXT)
    chain.send(ADMIN, "propose_admin", instead)
    with refused(chain, "not proposed"):
        chain.send(NEXT, "accept_admin")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_takes_money(written: Simulator, name: str) -> None:
    written.send(ADMIN, "propose_admin", ADMIN)
    sender = ANCHORER if name == "checkpoint" else ADMIN
    chosen = {"bytes32": CLOSED if name == "open_origin" else LAKE, "address": NEXT}
    arguments = [chosen.get(argument["type"], 0) for argument in FUNCTIONS[name]["inputs"]]
    if name == "checkpoint":
        arguments = [LAKE, 9, 10, ROOTS[2]]
    data = written.data(name, *arguments)
    with refused(written, ""):
        written.send_data(sender, data, value=1)
    written.send_data(sender, data)


def test_the_constructor_takes_no_money() -> None:
    with pytest.raises(RevertError):
        Simulator(value=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: data[:3],
        lambda data: data[:-1],
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        # A size of more than 64 bits, whose lower bits would do.
        lambda data: data[:59] + b"\1" + data[60:],
        lambda data: data[:91] + b"\1" + data[92:],
        lambda data: data[:36] + b"\xff" + data[37:],
    ],
)
def test_data_that_is_no_call_is_refused(written: Simulator, change: Callable[[bytes], bytes]) -> None:
    data = written.data("checkpoint", LAKE, 9, 10, ROOTS[2])
    with refused(written, ""):
        written.send_data(ANCHORER, change(data))
    written.send_data(ANCHORER, data)


@pytest.mark.parametrize("name", ["open_origin", "appoint"])
def test_an_address_has_20_bytes(chain: Simulator, name: str) -> None:
    data = chain.data(name, OTHER if name == "open_origin" else LAKE, NEXT)
    with refused(chain, ""):
        chain.send_data(ADMIN, data[:47] + b"\1" + data[48:])
    chain.send_data(ADMIN, data)


def test_the_interface_is_what_is_written_down() -> None:
    found = {
        name: (entry["stateMutability"], *(argument["type"] for argument in entry["inputs"]))
        for name, entry in FUNCTIONS.items()
    }
    assert found == {
        "checkpoint": ("nonpayable", "bytes32", "uint64", "uint64", "bytes32"),
        "open_origin": ("nonpayable", "bytes32", "address"),
        "appoint": ("nonpayable", "bytes32", "address"),
        "pause": ("nonpayable", "bytes32"),
        "resume": ("nonpayable", "bytes32"),
        "propose_admin": ("nonpayable", "address"),
        "accept_admin": ("nonpayable",),
        "latest": ("view", "bytes32"),
        "anchorer_of": ("view", "bytes32"),
        "is_paused": ("view", "bytes32"),
        "admin": ("view",),
        "proposed_admin": ("view",),
    }
    assert {entry["type"] for entry in load().abi} == {"function", "event", "constructor"}


def test_the_contract_calls_and_replaces_nothing() -> None:
    # Not the opcodes of the bytes, of which some are data.
    used = set(compile_code(SOURCE.read_text("utf-8"), output_formats=["asm"])["asm"].split())
    assert {"SLOAD", "SSTORE"} <= used
    assert not used & {"CALL", "CALLCODE", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2", "SELFDESTRUCT"}


def test_the_artifact_is_what_the_source_compiles_to(tmp_path: Path) -> None:
    elsewhere = tmp_path / "Renamed.vy"
    elsewhere.write_bytes(SOURCE.read_bytes())
    made = compiled(elsewhere)
    assert artifact.dump(made) == artifact.FILE.read_text("utf-8"), "python -m notary.chain.contract.build"
    assert made == load()
    changed = tmp_path / "Changed.vy"
    changed.write_text(SOURCE.read_text("utf-8").replace("root is zero", "root is nil"), "utf-8")
    assert compiled(changed).code_hash != made.code_hash


def test_the_chain_holds_the_runtime_code() -> None:
    chain = Simulator()
    assert chain.code() == load().runtime
    assert keccak(chain.code()) == load().code_hash


def test_storage_keys_lead_to_the_checkpoint(written: Simulator) -> None:
    written.send(ADMIN, "pause", LAKE)
    head, root = (written.storage(int.from_bytes(key, "big")) for key in storage_keys(LAKE))
    assert head == 9 | 1 << 64 | int.from_bytes(ANCHORER, "big") << 96
    assert root.to_bytes(32, "big") == ROOTS[1]


def test_a_view_writes_nothing_even_as_a_transaction(written: Simulator) -> None:
    views = [name for name, entry in FUNCTIONS.items() if entry["stateMutability"] == "view"]
    before = words(written)
    for name in views:
        written.send(STRANGER, name, *[LAKE for _ in FUNCTIONS[name]["inputs"]])
    assert words(written) == before


def test_origins_have_words_of_their_own() -> None:
    keys = {key for origin in (LAKE, OTHER, CLOSED, *ROOTS) for key in storage_keys(origin)}
    assert len(keys) == 12
    assert not any(set(storage_keys(a)) & set(storage_keys(b)) for a, b in permutations((LAKE, OTHER, CLOSED), 2))


def test_a_verifier_looks_where_the_contract_writes() -> None:
    assert load().slots == {"heads": HEADS_SLOT, "roots": ROOTS_SLOT}


def test_the_gas_report_is_what_is_measured() -> None:
    assert gas.FILE.read_text("utf-8") == gas.report(), "python -m notary.chain.contract.gas"


def test_a_night_costs_the_same_for_one_partition_and_ten_thousand() -> None:
    costs = [gas.checkpoint_gas(1, size) for size in gas.SIZES]
    # A byte that is not zero costs 12 more.
    assert max(costs) - min(costs) <= 12
    assert max(costs) <= gas.checkpoint_gas(*gas.WORST_SIZES) <= gas.NIGHTLY_LIMIT == 37_000


HASHES = st.binary(min_size=32, max_size=32).filter(any)


@settings(max_examples=50, deadline=None)
@given(
    sizes=st.lists(st.integers(1, MOST), min_size=2, max_size=2, unique=True).map(sorted), root=HASHES, origin=HASHES
)
def test_no_checkpoint_costs_more_than_the_dearest(sizes: list[int], root: bytes, origin: bytes) -> None:
    assert gas.checkpoint_gas(*sizes, root, origin) <= gas.checkpoint_gas(*gas.WORST_SIZES) <= gas.NIGHTLY_LIMIT


@dataclass
class Origin:
    """What the contract should keep of an origin."""

    anchorer: bytes = NOBODY
    size: int = 0
    root: bytes = bytes(32)
    paused: bool = False


class Model:
    """The contract in Python: each call returns its events, or raises for a reason."""

    def __init__(self) -> None:
        self.admin, self.proposed = bytes(ADMIN), NOBODY
        self.origins: dict[bytes, Origin] = {}

    def call(self, sender: bytes, name: str, *arguments: Any) -> tuple[Event, ...]:
        return tuple(getattr(self, name)(sender, *arguments))

    def checkpoint(self, sender: bytes, origin: bytes, old: int, new: int, root: bytes) -> list[Event]:
        kept = self._kept(origin)
        self._demand(sender == kept.anchorer, "not the anchorer")
        self._demand(new > old, "size does not grow")
        self._demand(any(root), "root is zero")
        if (new, root) == (kept.size, kept.root):
            return []
        self._demand(not kept.paused, "paused")
        self._demand(old == kept.size, "another size is stored")
        kept.size, kept.root = new, root
        return [Event("Checkpointed", {"origin": origin, "old_size": old, "new_size": new, "root": root})]

    def open_origin(self, sender: bytes, origin: bytes, anchorer: bytes) -> list[Event]:
        self._demand(sender == self.admin, "not the admin")
        self._demand(any(anchorer), "anchorer is zero")
        self._demand(origin not in self.origins, "open already")
        self.origins[origin] = Origin(anchorer)
        return [Event("Opened", {"origin": origin, "anchorer": hexed(anchorer)})]

    def appoint(self, sender: bytes, origin: bytes, anchorer: bytes) -> list[Event]:
        self._demand(sender == self.admin, "not the admin")
        self._demand(any(anchorer), "anchorer is zero")
        self._kept(origin).anchorer = anchorer
        return [Event("Appointed", {"origin": origin, "anchorer": hexed(anchorer)})]

    def pause(self, sender: bytes, origin: bytes) -> list[Event]:
        return self._turn(sender, origin, True, "Paused")

    def resume(self, sender: bytes, origin: bytes) -> list[Event]:
        return self._turn(sender, origin, False, "Resumed")

    def propose_admin(self, sender: bytes, proposed: bytes) -> list[Event]:
        self._demand(sender == self.admin, "not the admin")
        self.proposed = proposed
        return [Event("AdminProposed", {"proposed": hexed(proposed)})]

    def accept_admin(self, sender: bytes) -> list[Event]:
        self._demand(sender == self.proposed, "not proposed")
        told = Event("AdminChanged", {"old_admin": hexed(self.admin), "new_admin": hexed(sender)})
        self.admin, self.proposed = sender, NOBODY
        return [told]

    def _turn(self, sender: bytes, origin: bytes, paused: bool, told: str) -> list[Event]:
        self._demand(sender == self.admin, "not the admin")
        kept = self._kept(origin)
        was, kept.paused = kept.paused, paused
        return [Event(told, {"origin": origin})] if was is not paused else []

    def _kept(self, origin: bytes) -> Origin:
        self._demand(origin in self.origins, "not open")
        return self.origins[origin]

    @staticmethod
    def _demand(met: bool, reason: str) -> None:
        if not met:
            raise RevertError(reason)


SENDERS = st.sampled_from([bytes(account) for account in ACCOUNTS])
ORIGINS = st.sampled_from([LAKE, OTHER])
SIZE_CHOICES = [0, 1, 2, 3, 2**32, MOST - 1, MOST]
SIZES = st.sampled_from(SIZE_CHOICES)
# Zero for what is right, else the number of something else.
RARELY_WRONG = st.sampled_from([0, 0, 0, 0, 1, 2, 3])
# None for the one that is stored.
ROOT_CHOICES = st.sampled_from([*ROOTS, *ROOTS, None, bytes(32)])


class AgainstModel(RuleBasedStateMachine):
    """Whatever is called, the contract does as the model."""

    def __init__(self) -> None:
        super().__init__()
        self.chain, self.model = Simulator(), Model()

    def both(self, sender: bytes, name: str, *arguments: Any) -> None:
        def tried(call: Callable[[], tuple[Event, ...]]) -> tuple[Event, ...] | str:
            try:
                return call()
            except RevertError as error:
                return str(error)

        expected = tried(lambda: self.model.call(sender, name, *arguments))
        assert tried(lambda: self.chain.send(sender, name, *arguments).events) == expected  # type: ignore[arg-type]

    @initialize(others=st.booleans())
    def begin(self, others: bool) -> None:
        for origin in (LAKE, OTHER) if others else (LAKE,):
            self.both(ADMIN, "open_origin", origin, ANCHORER)

    @rule(origin=ORIGINS, sender=RARELY_WRONG, old=RARELY_WRONG, new=SIZES, root=ROOT_CHOICES)
    def checkpoint(self, origin: bytes, sender: int, old: int, new: int, root: bytes | None) -> None:
        """By whom, after what, and to what: mostly as an honest anchorer does."""
        kept = self.model.origins.get(origin, Origin(bytes(ANCHORER)))
        who = ACCOUNTS[sender] if sender else kept.anchorer
        size = kept.size if not old else SIZE_CHOICES[old]
        self.both(who, "checkpoint", origin, size, new, kept.root if root is None else root)

    @rule(origin=ORIGINS, old=st.just(0) | SIZES, root=st.none() | st.sampled_from(ROOTS))
    def repeat(self, origin: bytes, old: int, root: bytes | None) -> None:
        """The size that is stored, with its root or another."""
        kept = self.model.origins.get(origin, Origin(bytes(ANCHORER)))
        self.both(kept.anchorer, "checkpoint", origin, old, kept.size, kept.root if root is None else root)

    @rule(
        as_admin=st.booleans(),
        sender=SENDERS,
        name=st.sampled_from(["open_origin", "appoint"]),
        origin=ORIGINS,
        anchorer=SENDERS | st.just(NOBODY),
    )
    def name_anchorer(self, as_admin: bool, sender: bytes, name: str, origin: bytes, anchorer: bytes) -> None:
        self.both(self.model.admin if as_admin else sender, name, origin, anchorer)

    @rule(as_admin=st.booleans(), sender=SENDERS, name=st.sampled_from(["pause", "resume"]), origin=ORIGINS)
    def turn(self, as_admin: bool, sender: bytes, name: str, origin: bytes) -> None:
        self.both(self.model.admin if as_admin else sender, name, origin)

    @rule(as_admin=st.booleans(), sender=SENDERS, proposed=SENDERS | st.just(NOBODY))
    def propose(self, as_admin: bool, sender: bytes, proposed: bytes) -> None:
        self.both(self.model.admin if as_admin else sender, "propose_admin", proposed)

    @rule(as_proposed=st.booleans(), sender=SENDERS)
    def accept(self, as_proposed: bool, sender: bytes) -> None:
        allowed = as_proposed and any(self.model.proposed)
        self.both(self.model.proposed if allowed else sender, "accept_admin")

    @rule(origin=ORIGINS)
    def read(self, origin: bytes) -> None:
        kept = self.model.origins.get(origin, Origin())
        assert self.chain.read("latest", origin) == (kept.size, kept.root)
        assert self.chain.read("anchorer_of", origin) == hexed(kept.anchorer)
        assert self.chain.read("is_paused", origin) is kept.paused
        assert self.chain.read("admin") == hexed(self.model.admin)
        assert self.chain.read("proposed_admin") == hexed(self.model.proposed)

    @invariant()
    def same_words(self) -> None:
        expected = dict.fromkeys(words(self.chain), 0)
        for name, origin in (("lake", LAKE), ("other", OTHER)):
            kept = self.model.origins.get(origin, Origin())
            expected[f"{name} head"] = kept.size | kept.paused << 64 | int.from_bytes(kept.anchorer, "big") << 96
            expected[f"{name} root"] = int.from_bytes(kept.root, "big")
        expected |= {"slot 3": int.from_bytes(self.model.admin, "big")}
        expected |= {"slot 4": int.from_bytes(self.model.proposed, "big")}
        assert words(self.chain) == expected


AgainstModel.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAgainstModel = AgainstModel.TestCase
