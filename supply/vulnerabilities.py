"""Holds what is known against everything that is pinned against what we accept.

Run as `python -m supply.vulnerabilities` in .venv-supply (by `make vulnerabilities`). Exit code 0: nothing is known;
1: something is, and not accepted; 2: the list of what is accepted is wrong; 3: nothing is known where an answer came,
but not all could be asked.
"""

import argparse
import datetime
import json
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models import environment
from stack import anvil
from stack.bootstrap import LOCK
from stack.environment import AIRFLOW_LOCK
from stack.errors import StackError
from supply import tools
from supply.advisories import Advisory, Answer, ask_npm, ask_osv, ask_pypi, purls

ACCEPTED = Path(__file__).with_name("accepted.toml")
# Of the Open Source Vulnerabilities project; a mirror answers the same.
OSV = "https://api.osv.dev"


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
