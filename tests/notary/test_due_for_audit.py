"""Which partitions a night audits: all in their turn, and those in which something was found, until it is mended."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from notary.audit.partition import Audit, Finding
from notary.night import due_for_audit
from notary.office import Office, open_office
from notary.record.seals import Sealed
from notary.settings import NotarySettings
from tests.notary.seals import append
from warehouse.catalog import Catalog

SEALS, NIGHTS = 12, 4


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A notary whose every seal has its turn within four nights."""
    settings = NotarySettings(var_dir=tmp_path, chain_url="http://127.0.0.1:1", chain_id=1, audit_nights=NIGHTS)
    catalog = cast(Catalog, [SimpleNamespace(name="dws.trial")])
    with open_office(settings, catalog) as opened:
        append(opened.log, SEALS)
        yield opened


def audit(office: Office, sealed: Sealed, unreadable: str = "") -> None:
    found = Audit(sealed, "20261121021500123", 1, 0, (), unreadable)
    assert found.finding is (Finding.TAMPERED if unreadable else Finding.AS_SEALED)
    office.audits.add(found)


def test_each_has_its_turn(office: Office) -> None:
    seen: list[int] = []
    for _ in range(NIGHTS):
        share = due_for_audit(office)
        assert len(share) == SEALS // NIGHTS
        seen += [one.position for one in share]
        for one in share:
            audit(office, one)
    assert sorted(seen) == sorted(range(seen[0], seen[0] + SEALS))


def test_a_finding_is_looked_at_again_until_it_is_mended(office: Office) -> None:
    found, *rest = due_for_audit(office)
    audit(office, found, unreadable="the file is not there")
    for one in rest:
        audit(office, one)
    for _ in range(2 * NIGHTS):
        first, *others = due_for_audit(office)
        assert first.position == found.position
        assert len(others) == SEALS // NIGHTS
        audit(office, first, unreadable="the file is not there")
        for one in others:
            audit(office, one)
    audit(office, found)
    assert found.position not in [one.position for one in due_for_audit(office)]
