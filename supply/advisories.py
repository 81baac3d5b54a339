"""What is known against packages: asks PyPI through pip-audit, npm through `npm audit`, OSV about jars.

A source that does not answer is never taken for one that knows nothing.
"""

import json
import re
import subprocess
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supply import tools

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


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no answer"])[-1]
