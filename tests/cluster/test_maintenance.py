"""What is done to a cluster that lives for years: another version of it, and a copy to go back to."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from gridseal.errors import CHANGED_SINCE
from notary.publishing import AUDITS, REGISTER
from tests.cluster.cluster import HOSTS, PROJECT, Cluster
from tests.cluster.conftest import Outcome
from tests.cluster.test_cluster import DAY
from tests.cluster.test_faults import FAULTS, feed, flow, until_done
from tests.cluster.watch import Watch

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

NEXT = date.fromisoformat(DAY) + timedelta(days=len(FAULTS) + 1)
LOST = ("master", "database", "gateway")
# A night writes what it sealed and audited once it has, so these two are never as it sealed them.
RECORD = {(AUDITS, "changed since"), (REGISTER, "changed since")}


@pytest.mark.parametrize("fault", ["one host after the other upgraded"])
def test_hosts_are_upgraded_one_by_one_while_readings_flow(cluster: Cluster, fault: str, outcome: Outcome) -> None:
    before = {host: cluster.docker("inspect", "--format", "{{.Image}}", cluster.container(host)) for host in HOSTS}
    cluster.environment["VERSION"] = "the next one"
    with Watch(cluster) as watch, flow(cluster, NEXT):
        watch.zero()
        cluster.make("upgrade")
        until_done(cluster, *feed(NEXT))
        until_done(cluster, "gridseal", "reconcile")
        outcome.reconciled_s, outcome.running_s = watch.seconds, watch.running_again_s
    after = {host: cluster.docker("inspect", "--format", "{{.Image}}", cluster.container(host)) for host in HOSTS}
    assert len(set(before.values())) == len(set(after.values())) == 1
    assert before["master"] != after["master"]


def test_what_is_lost_is_put_back(cluster: Cluster, tmp_path: Path) -> None:
    """Three hosts are gone with their disks, after the copy was made and the lake went on."""
    cluster.gridseal("notarize", "--night", str(NEXT))
    sealed = cluster.document("notary", "status")
    cluster.make("backup", tmp_path / "copy")
    files = {file.name for file in (tmp_path / "copy").iterdir()}
    assert files == {"last-block", *(f"{host}.tar.gz" for host in LOST)}
    rows = cluster.number("SELECT COUNT(*) FROM dwd.meter_reading")
    following = NEXT + timedelta(days=1)
    cluster.gridseal("feed", "meters", "--day", str(following))
    cluster.gridseal("reconcile")
    later = cluster.number("SELECT COUNT(*) FROM dwd.meter_reading")
    assert later > rows
    for host in LOST:
        cluster.docker("compose", "rm", "--stop", "--force", host)
        cluster.docker("volume", "rm", f"{PROJECT}_{host}")
    cluster.make("restore", tmp_path / "copy")
    # Messages were not lost: they are read once more, from where the copy was.
    cluster.gridseal("reconcile")
    assert cluster.number("SELECT COUNT(*) FROM dwd.meter_reading") == later
    assert cluster.document("notary", "status") == sealed
    cluster.gridseal("notarize", "--night", str(following))
    audited = cluster.run("gridseal", "audit", "--format", "json")
    differing = [one for one in json.loads(audited.stdout) if one["finding"] != "as sealed"]
    assert {(one["table"], one["finding"]) for one in differing} == RECORD, differing
    assert audited.returncode == CHANGED_SINCE
    shutil.rmtree(tmp_path / "copy")
