"""Asks what is known against everything that is pinned: PyPI through pip-audit, npm through `npm audit`, OSV for jars.

Run as `python -m supply.vulnerabilities` in .venv-supply (by `make vulnerabilities`). Exit code 0: nothing is known;
1: something is, and not accepted; 2: the list of what is accepted is wrong; 3: nothing is known where an answer came,
but not all could be asked. A source that does not answer is never taken for one that knows nothing.
"""

import argparse
import datetime
import json
import re
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import environment
from stack import anvil
from stack.bootstrap import LOCK
from stack.environment import AIRFLOW_LOCK
from stack.errors import StackError
from supply import tools

ACCEPTED = Path(__file__).with_name("accepted.toml")
# Of the Open Source Vulnerabilities project; a mirror answers the same.
OSV = "https://api.osv.dev"
_TIMEOUT_S = 60
# As many as OSV takes at once.
_BATCH = 1000
_PAGES_AT_ONCE = 4


@dataclass(frozen=True)
class Advisory:
    """A vulnerability that is known of a package.

    Attributes:
        package: Name of the package.
        version: The pinned version.
        ids: All names of the vulnerability, the source's own first.
        fixed: Versions without it, as the source says them; may be empty.
    """

    package: str
    version: str
    ids: tuple[str, ...]
    fixed: str


@dataclass(frozen=True)
class Answer:
    """What a source said.

    Attributes:
        source: Its name.
        asked: How many packages it was asked about.
        unchecked: Of how many of these it said nothing.
        why: What it said instead; empty if it answered for all.
        advisories: What it knows.
    """

    source: str
    asked: int
    unchecked: int
    why: str
    advisories: tuple[Advisory, ...] = ()


@dataclass(frozen=True)
class Acceptance:
    """A vulnerability that is lived with until a day."""

    id: str
    package: str
    since: datetime.date
    until: datetime.date
    reason: str

    def covers(self, advisory: Advisory) -> bool:
        """Whether it is about this vulnerability of this package."""
        return self.package == advisory.package and self.id in advisory.ids


def ask_pypi(lock: Path, osv: str) -> Answer:
    """Asks about the packages of Python: PyPI, or a mirror of OSV if one is named.

    Args:
        lock: Their lock.
        osv: Address of the mirror; empty for PyPI.
    """
    words = [str(tools.VENV / "bin" / "pip-audit"), "--requirement", str(lock), "--require-hashes", "--disable-pip"]
    words += ["--format", "json", "--progress-spinner", "off"]
    words += ["--vulnerability-service", "osv", "--osv-url", f"{osv}/v1/query"] if osv else []
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    pins = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))
    return read_pypi(done.stdout, done.stderr, lock.name, pins, _no_page if osv else page_of)


def page_of(package: str) -> Any:
    """PyPI's page of a package, which tells what is known of its newest release.

    Mirrors keep it, often without the pages of single releases that pip-audit asks for.
    """
    # The address of PyPI, as pip has it.
    from pip._internal.models.index import PyPI

    with urllib.request.urlopen(f"{PyPI.pypi_url}/{package}/json", timeout=_TIMEOUT_S) as answer:
        return json.load(answer)


def _no_page(package: str) -> Any:
    raise FileNotFoundError(package)


def read_page(package: str, version: str, page: Callable[[str], Any]) -> list[Advisory] | None:
    """What the page of a package knows of a release.

    Returns:
        None if there is no such page, or if it tells of another release.
    """
    try:
        said = page(package)
        if said["info"]["version"] != version:
            return None
        return [
            Advisory(package, version, (found["id"], *found["aliases"]), ", ".join(found["fixed_in"]))
            for found in said["vulnerabilities"]
            if not found.get("withdrawn")
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_pypi(
    output: str, errors: str, lock: str, pins: dict[str, str], page: Callable[[str], Any] = _no_page
) -> Answer:
    """What pip-audit said, and the pages of packages that it could not ask about.

    It ends with 0 also if it could ask about no package at all, so each is looked at.

    Args:
        output: What it said, JSON.
        errors: What it said besides.
        lock: Name of the lock.
        pins: Version of each package in it.
        page: Fetches the page of a package.
    """
    asked = len(pins)
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Answer(f"PyPI ({lock})", asked, asked, _last(errors))
    skipped = {package["name"]: package["skip_reason"] for package in packages if "skip_reason" in package}
    advisories = [
        Advisory(
            package["name"], package["version"], (found["id"], *found["aliases"]), ", ".join(found["fix_versions"])
        )
        for package in packages
        for found in package.get("vulns", ())
    ]
    with ThreadPoolExecutor(_PAGES_AT_ONCE) as pool:
        known = list(pool.map(lambda name: read_page(name, pins.get(name, ""), page), skipped))
    advisories += [advisory for of_page in known for advisory in of_page or ()]
    left = [name for name, of_page in zip(skipped, known, strict=True) if of_page is None]
    # A package that it does not mention was not checked either.
    unchecked = max(len(left), asked - len(packages) + len(left))
    why = f"{skipped[left[0]]}; so {', '.join(left)}" if left else "pip-audit left some out" if unchecked else ""
    return Answer(f"PyPI ({lock})", asked, unchecked, why, tuple(advisories))


def ask_npm(folder: Path) -> Answer:
    """Asks the registry of npm about the packages of a lock."""
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    words = ("npm", "audit", "--json", "--package-lock-only", "--prefix", str(folder))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    versions = {path.removeprefix("node_modules/"): package["version"] for path, package in lock.items() if path}
    return read_npm(done.stdout, done.stderr, versions)


def read_npm(output: str, errors: str, versions: dict[str, str]) -> Answer:
    """What `npm audit` said."""
    try:
        said = json.loads(output)
        found = said["vulnerabilities"]
    except (ValueError, KeyError, TypeError):
        why = said.get("message", "") if output.startswith("{") else ""
        return Answer("npm (package-lock.json)", len(versions), len(versions), why or _last(errors))
    advisories = tuple(
        Advisory(via["name"], versions.get(via["name"], ""), (via["url"].rpartition("/")[2],), f"not in {via['range']}")
        for package in found.values()
        for via in package["via"]
        if isinstance(via, dict)
    )
    return Answer("npm (package-lock.json)", len(versions), 0, "", advisories)


def ask_osv(names: Iterable[str], osv: str) -> Answer:
    """Asks OSV about jars.

    Args:
        names: Their package URLs.
        osv: Address of OSV or of a mirror of it.
    """
    # OSV knows artifacts without their classifiers.
    asked = sorted({name.partition("?")[0] for name in names if name.startswith("pkg:maven/")})
    advisories: list[Advisory] = []
    for start in range(0, len(asked), _BATCH):
        batch = asked[start : start + _BATCH]
        try:
            results = _post(f"{osv}/v1/querybatch", {"queries": [{"package": {"purl": name}} for name in batch]})[
                "results"
            ]
            for name, result in zip(batch, results, strict=True):
                package, _, version = name.removeprefix("pkg:maven/").partition("@")
                advisories += [Advisory(package, version, (found["id"],), "") for found in result.get("vulns", ())]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"{osv}: {getattr(error, 'reason', None) or error}"
            return Answer("OSV (jars)", len(asked), len(asked) - start, why, tuple(advisories))
    return Answer("OSV (jars)", len(asked), 0, "", tuple(advisories))


def purls(document: object) -> set[str]:
    """The names, as package URLs, of all components of a document, those inside others included."""
    if isinstance(document, list):
        return set().union(*map(purls, document))
    if isinstance(document, dict):
        own = {document["purl"]} if "purl" in document else set()
        return own | purls(document.get("components", []))
    return set()


def _post(address: str, content: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(content).encode(), headers)
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        return json.load(answer)


def read_accepted(file: Path) -> list[Acceptance]:
    """What we live with.

    Raises:
        StackError: An entry lacks something, or has what there is not.
    """
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("accepted", [])
        accepted = [Acceptance(**entry) for entry in entries]
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise StackError(f"{file}: {error}", hint="docs/supply-chain.md", exit_code=2) from error
    for entry in accepted:
        if not (entry.reason.strip() and type(entry.since) is type(entry.until) is datetime.date):
            raise StackError(f"{file}: {entry.id} needs a reason, and days", hint="docs/supply-chain.md", exit_code=2)
    return accepted


def verdict(answers: Iterable[Answer], accepted: Iterable[Acceptance], today: datetime.date) -> tuple[list[str], int]:
    """What to tell, and the exit code.

    Args:
        answers: What the sources said.
        accepted: What we live with.
        today: The day on which.
    """
    answers, accepted = list(answers), list(accepted)
    lines, known = [], False
    for answer in answers:
        checked = f"{answer.source}: {answer.asked - answer.unchecked} of {answer.asked} packages checked"
        lines.append(checked + (f"; could not check {answer.unchecked}: {answer.why}" if answer.unchecked else ""))
        for advisory in answer.advisories:
            line = f"  {advisory.package} {advisory.version}: {' '.join(advisory.ids)}"
            line += f", fixed: {advisory.fixed}" if advisory.fixed else ""
            by = next((entry for entry in accepted if entry.covers(advisory)), None)
            if by is None or by.until <= today:
                known = True
                line += f"; was accepted until {by.until}" if by else ""
            else:
                line += f"; accepted until {by.until}"
            lines.append(line)
    everything = [advisory for answer in answers for advisory in answer.advisories]
    whole = not any(answer.unchecked for answer in answers)
    for entry in accepted:
        if whole and not any(map(entry.covers, everything)):
            lines.append(
                f"{entry.id} of {entry.package} is accepted, but no longer known: remove it from {ACCEPTED.name}"
            )
    code = 1 if known else 0 if whole else 3
    lines.append({0: "nothing known", 1: "vulnerable", 3: "could not check everything"}[code])
    return lines, code


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no answer"])[-1]


def main(arguments: list[str] | None = None) -> int:
    """Asks everyone, prints what they say, and returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m supply.vulnerabilities", description="Known vulnerabilities of pins."
    )
    parser.add_argument("--osv", default="", metavar="URL", help=f"a mirror of OSV ({OSV}), asked about Python too")
    osv = parser.parse_args(arguments).osv.rstrip("/")
    try:
        accepted = read_accepted(ACCEPTED)
        if not tools.INVENTORY.exists():
            raise StackError(f"{tools.INVENTORY} is missing", hint="make sbom")
    except StackError as error:
        print(f"{error.message}\nnext: {error.hint}", file=sys.stderr)
        return error.exit_code
    document = json.loads(tools.INVENTORY.read_text(encoding="utf-8"))
    answers = [
        ask_pypi(LOCK, osv),
        ask_pypi(environment.LOCK, osv),
        ask_pypi(AIRFLOW_LOCK, osv),
        ask_pypi(tools.LOCK, osv),
        ask_npm(anvil.LOCK),
        ask_osv(purls(document), osv or OSV),
    ]
    lines, code = verdict(answers, accepted, datetime.datetime.now(datetime.UTC).date())
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
