"""The inventory: everything that gridseal installs or fetches, as one CycloneDX document.

Run as `python -m supply.sbom [FILE]` in .venv-supply (by `make sbom`), after set-up. Python and npm packages are those
of the locks, for every kind of machine; jars are those of the lists in stack/jars and those inside the Python packages
of Flink and Spark. What a jar holds of others is told below it, as far as it says so itself.
"""

import base64
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from models import environment
from stack import anvil, checksums
from stack.bootstrap import LOCK, VENV
from stack.environment import AIRFLOW_LOCK
from stack.errors import StackError
from stack.packages import PACKAGES, POSTGRESQL
from stack.step import BUILD, ROOT
from supply.tools import INVENTORY

_JARS = BUILD / "jars"
# What a jar holds of Maven's artifacts, its own included.
_PROPERTIES = re.compile(r"META-INF/maven/[^/]+/[^/]+/pom\.properties")
_JAR_NAME = re.compile(r"(?P<name>.+?)-(?P<version>\d.*)\.jar")


def python_components(*locks: str) -> Iterator[Component]:
    """The packages that locks pin, each once, with the hashes of all files that it accepts."""
    seen: set[tuple[str, str]] = set()
    for pin in re.split(r"\n(?=\S)", "\n".join(locks)):
        if (named := re.match(r"([\w.-]+)==(\S+)", pin)) and (named[1], named[2]) not in seen:
            name, version = named.groups()
            seen.add((name, version))
            hashes = re.findall(r"--hash=sha256:([0-9a-f]+)", pin)
            yield _component(PackageURL("pypi", None, name, version), map(_sha256, hashes))


def npm_components(lock: str) -> Iterator[Component]:
    """The packages that npm's lock pins."""
    for path, package in json.loads(lock)["packages"].items():
        if path:
            group, _, name = path.removeprefix("node_modules/").rpartition("/")
            content = base64.b64decode(package["integrity"].removeprefix("sha512-")).hex()
            purl = PackageURL("npm", group or None, name, package["version"])
            yield _component(purl, [HashType(alg=HashAlgorithm.SHA_512, content=content)])


def maven_components(jars: Path) -> Iterator[Component]:
    """The jars of the lists; those that only build or test our own jar have the scope "excluded".

    Args:
        jars: build/jars, where it is seen what is inside them.
    """
    for file, scope in ((checksums.RUNTIME, ComponentScope.REQUIRED), (checksums.BUILD, ComponentScope.EXCLUDED)):
        for path, sha256 in checksums.pinned(file).items():
            jar = _component(_of_repository(path), [_sha256(sha256)], scope)
            if there := sorted(jars.glob(f"*/{Path(path).name}")):
                jar.components.update(_held(there[0], jar))
                jar.properties.update(Property(name="gridseal:jars", value=copy.parent.name) for copy in there)
            yield jar


def package_jar_components(site_packages: Path) -> Iterator[Component]:
    """The jars inside Python packages."""
    for pin in checksums.pins_of_packages(site_packages):
        name = pin.file.name
        own = next((purl for purl in _artifacts(pin.file) if name == f"{purl.name}-{purl.version}.jar"), None)
        purl = own or _of_name(name)
        where = str(pin.file.relative_to(site_packages))
        jar = _component(purl, [_sha256(pin.sha256)], reference=where)
        jar.properties.add(Property(name="gridseal:file", value=where))
        jar.components.update(_held(pin.file, jar))
        yield jar


def debian_components() -> Iterator[Component]:
    """The packages of Debian that set-up asks for, in the version that is installed here; apt checks them."""
    for name in (*PACKAGES, POSTGRESQL):
        words = ("dpkg-query", "--show", "--showformat=${Version}", name)
        asked = subprocess.run(words, capture_output=True, text=True, check=False)
        yield _component(PackageURL("deb", "debian", name, asked.stdout.strip() or None), [])


def inventory() -> Bom:
    """Everything, as set-up left it on this machine.

    Raises:
        StackError: Set-up is not complete.
    """
    site_packages = next(VENV.glob("lib/python3.*/site-packages"), None)
    if not _JARS.is_dir() or not site_packages:
        raise StackError(f"{_JARS} or {VENV} is missing", hint="make setup")
    bom = Bom(
        components=[
            *python_components(*(lock.read_text(encoding="utf-8") for lock in (LOCK, environment.LOCK, AIRFLOW_LOCK))),
            *npm_components((anvil.LOCK / "package-lock.json").read_text(encoding="utf-8")),
            *maven_components(_JARS),
            *package_jar_components(site_packages),
            *debian_components(),
        ]
    )
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    product = Component(
        name="gridseal", version=version and version[1], type=ComponentType.APPLICATION, bom_ref="gridseal"
    )
    bom.metadata.component = product
    bom.register_dependency(product, bom.components)
    return bom


def text_of(bom: Bom) -> str:
    """A document as JSON, held against the schema of CycloneDX 1.6.

    Raises:
        StackError: It does not fit the schema.
    """
    text: str = JsonV1Dot6(bom).output_as_string(indent=2)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise StackError(f"the inventory does not fit the schema of CycloneDX 1.6: {error}", exit_code=1)
    return text


def _component(
    purl: PackageURL,
    hashes: Iterable[HashType],
    scope: ComponentScope = ComponentScope.REQUIRED,
    reference: str = "",
) -> Component:
    return Component(
        name=purl.name,
        version=purl.version,
        group=purl.namespace,
        purl=purl,
        hashes=hashes,
        scope=scope,
        bom_ref=reference or str(purl),
    )


def _held(file: Path, jar: Component) -> Iterator[Component]:
    """The artifacts inside a jar that are not the jar itself."""
    for purl in _artifacts(file):
        if jar.purl is None or (purl.namespace, purl.name) != (jar.purl.namespace, jar.purl.name):
            yield _component(purl, [], reference=f"{jar.bom_ref.value}#{purl}")


def _artifacts(file: Path) -> set[PackageURL]:
    """The artifacts of Maven that a jar says it holds."""
    found = set()
    with zipfile.ZipFile(file) as jar:
        for name in filter(_PROPERTIES.fullmatch, jar.namelist()):
            lines = jar.read(name).decode("utf-8", errors="replace").splitlines()
            values = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
            if {"groupId", "artifactId", "version"} <= values.keys():
                found.add(PackageURL("maven", values["groupId"], values["artifactId"], values["version"]))
    return found


def _of_repository(path: str) -> PackageURL:
    """The artifact of a path in a Maven repository, GROUP/ARTIFACT/VERSION/ARTIFACT-VERSION[-CLASSIFIER].jar."""
    *group, artifact, version, file = path.split("/")
    classifier = file.removeprefix(f"{artifact}-{version}").removesuffix(".jar").removeprefix("-")
    return PackageURL("maven", ".".join(group), artifact, version, {"classifier": classifier} if classifier else None)


def _of_name(file: str) -> PackageURL:
    """The artifact of a jar that does not say whose it is. Flink's are known; of others nobody can be asked."""
    parts = _JAR_NAME.fullmatch(file)
    name, version = parts.groups() if parts else (file.removesuffix(".jar"), None)
    if name.startswith("flink-"):
        return PackageURL("maven", "org.apache.flink", name, version)
    return PackageURL("generic", None, name, version)


def _sha256(content: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=content)


def main(file: Path = INVENTORY) -> int:
    """Writes the inventory and returns the exit code."""
    try:
        bom = inventory()
        file.write_text(text_of(bom), encoding="utf-8")
    except StackError as error:
        print(f"{error.message}\nnext: {error.hint}", file=sys.stderr)
        return error.exit_code
    held = sum(len(component.components) for component in bom.components)
    kinds = [component.purl.type for component in bom.components]
    count = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
    print(f"{file}: {len(kinds)} components ({count}), {held} more inside jars")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
