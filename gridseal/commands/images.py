"""images: photographs of equipment, what a model sees on them, and what people say."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridseal.commands.options import FormatOption
from gridseal.errors import CHECK_FAILED
from gridseal.output import Format, print_json, print_rows, progress, say

if TYPE_CHECKING:
    from gridseal.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Bring photographs of equipment into the lake, and tell defects on them.", no_args_is_help=True
    )
    group.command("import")(import_)
    group.command("detect")(detect)
    group.command("label")(label)
    app.add_typer(group, name="images")


def import_(
    source: Annotated[Path, typer.Argument(help="Folder or ZIP of photographs: JPEG, PNG, TIFF, WebP.")],
    manifest: Annotated[
        Path,
        typer.Option(
            help="CSV with the columns file, equipment_id, taken_at (with its zone) and kind (such as infrared).",
        ),
    ],
    format: FormatOption = Format.TABLE,
) -> None:
    """Check photographs, pack them onto HDFS, and announce them to the pipeline.

    Each line of the manifest becomes a row of ods.image, or a row of ods.dead_letter with its reason: nothing stops the
    rest. What was imported before is left out, so a second import of the same goes on where the first one ended. Exit
    code 1 if anything was refused.
    """
    from gridseal.settings import load_settings
    from pipelines.sources.images import import_images

    loaded = load_settings()
    with progress("importing photographs") as update:
        summary = import_images(loaded, source, manifest, update)
    refused = [{"line": one.line.number, "file": one.line.file, "reason": one.reason} for one in summary.refused]
    counts: dict[str, Any] = {
        "lines": summary.lines,
        "imported": summary.imported,
        "known": summary.known,
        "refused": len(refused),
        "unlisted": summary.unlisted,
        "packs": summary.packs,
        "bytes": summary.bytes,
    }
    if format is Format.JSON:
        print_json(counts | {"refused": refused})
    else:
        print_rows(("photographs", "number"), list(counts.items()), format)
        if refused:
            print_rows(("line", "file", "reason"), [tuple(one.values()) for one in refused], format, "Refused")
    if refused:
        raise typer.Exit(CHECK_FAILED)


def detect(
    file: Annotated[Path | None, typer.Argument(help="A photograph; without it, all of the lake that wait.")] = None,
    heat_map: Annotated[
        Path | None, typer.Option(help="PNG to write: the photograph beside the places that speak for a defect.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Tell defects on a photograph, or on all photographs of the lake that the model has not answered for yet.

    The model is that of GRIDSEAL_MODEL_DIR. Its answers for the lake go through Kafka to ads.equipment_defect, as those
    of the detector beside the pipeline do (gridseal up --with detector).
    """
    from gridseal.model_process import answer
    from gridseal.settings import load_settings
    from models.register import register as register_model

    loaded = load_settings()
    if file:
        told = answer(loaded, file, heat_map)
        if format is Format.JSON:
            print_json(told)
        else:
            print_rows(("photograph", "answer"), list(told.items()), format)
        return
    register_model(loaded, loaded.model_dir)
    waiting = _waiting(loaded)
    with progress("telling defects", len(waiting)) as update:
        done, complaints = _answer_all(loaded, waiting, update)
    counts = {"waiting": len(waiting), "answered": done}
    if format is Format.JSON:
        print_json(counts | {"complaints": complaints})
    else:
        print_rows(("photographs", "number"), list(counts.items()), format)
        for line in complaints:
            say(f"no answer for {line}")
    if complaints:
        raise typer.Exit(CHECK_FAILED)


def _waiting(loaded: "Settings") -> list[str]:
    """Photographs without an answer of the model of now, a line of JSON each."""
    import json

    from gridseal.sql_access import open_sql
    from models.register import version_of

    columns = ("image_id", "taken_at", "pack", "pack_offset", "size_bytes")
    version = version_of(loaded.model_dir)
    with open_sql(loaded) as sql:
        rows = sql.query(
            "SELECT i.image_id, date_format(i.taken_at, \"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'\"), i.pack, i.pack_offset,"
            " i.size_bytes FROM dwd.image AS i LEFT ANTI JOIN dwd.image_prediction AS p"
            f" ON p.image_id = i.image_id AND p.dt = i.dt AND p.model_version = '{version}'"
        ).rows
    return [json.dumps(dict(zip(columns, row, strict=True))) for row in rows]


def _answer_all(loaded: "Settings", waiting: list[str], update: Any) -> tuple[int, list[str]]:
    from gridseal.model_process import told_by

    done, complaints = 0, []
    for told in told_by(loaded, "gridseal.detector", ["--rest"], waiting) if waiting else ():
        done = told["done"]
        complaints += told["complaints"]
        update(done, len(waiting))
    return done, complaints


def label(
    image_id: Annotated[str, typer.Argument(help="Photograph: image_id of dwd.image.")],
    defect: Annotated[bool, typer.Option("--defect/--ok", help="What you see on it.")],
    by: Annotated[str, typer.Option(help="Who says so; default: the user of this machine.")] = "",
) -> None:
    """Say what you see on a photograph; the last word counts.

    It goes through the business database to ads.equipment_defect (verdict) and ads.model_quality (precision, recall).
    """
    import getpass

    from gridseal.settings import load_settings
    from pipelines.sources.images import people

    people.label(load_settings(), image_id, "defect" if defect else "ok", by or getpass.getuser())
