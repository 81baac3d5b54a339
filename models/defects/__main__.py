"""``python -m models.defects``: trains a detector, evaluates it, and writes it with its card and pictures."""

import platform
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from models.defects import TENTH, WEIGHTS, card, checkpoint, pictures
from models.defects.classes import CLASSES
from models.defects.detector import Detector
from models.defects.evaluate import MEASURES, calibrate, judge, measure
from models.defects.network import ARCHITECTURES
from models.defects.photographs import load
from models.defects.recipe import Recipe
from models.defects.split import Split, split
from models.defects.train import device, train
from models.errors import ModelError

console = Console(stderr=True)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    out: Annotated[Path, typer.Option(help="Folder to write to; it is made.")],
    data: Annotated[Path, typer.Option(help="Folder or ZIP of photographs with module_metadata.json.")] = TENTH,
    architecture: Annotated[str, typer.Option(help=f"Of {', '.join(ARCHITECTURES)}.")] = Recipe.architecture,
    width: Annotated[int, typer.Option(min=4, help="Channels of the first stage.")] = Recipe.width,
    epochs: Annotated[int, typer.Option(min=1, help="Times that each photograph is seen.")] = Recipe.epochs,
    batch: Annotated[int, typer.Option(min=2, help="Photographs a step.")] = Recipe.batch,
    rate: Annotated[float, typer.Option(min=0, help="Highest learning rate.")] = Recipe.rate,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings; the first is kept, all are in the card.")] = 1,
    threads: Annotated[int, typer.Option(min=0, help="Of the processor; 0: all.")] = 0,
) -> None:
    """Train a detector of defects, and write model.pt, card.md, metrics.json, curves.png and examples.png.

    Without --data it learns from the 1,992 photographs that come with gridseal, the test tenth of "Infrared Solar
    Modules" (20,000, MIT): enough to try, too few to be good. The whole set is public; its ZIP is read as it is.
    """
    if architecture not in ARCHITECTURES:
        raise typer.BadParameter(f"{architecture}; allowed: {', '.join(ARCHITECTURES)}", param_hint="--architecture")
    if threads:
        torch.set_num_threads(threads)
    # The same run gives the same bytes, on one machine.
    torch.use_deterministic_algorithms(True, warn_only=device().type == "cuda")
    recipe = Recipe(architecture, width, epochs, batch, rate)
    photographs = load(data)
    parts = split(photographs)
    began = time.monotonic()
    digest = photographs.digest()
    kept, seconds = _trained(parts, recipe, digest)
    answers = kept.answers(parts.test.pixels)
    evaluation = judge(answers, parts.test.labels)
    measured = {recipe.seed: evaluation.values}
    for seed in range(1, seeds):
        other, _ = _trained(parts, replace(recipe, seed=seed), digest)
        measured[seed] = measure(other.answers(parts.test.pixels), parts.test.labels)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint.save(kept, out / WEIGHTS)
    means = parts.train.pixels.reshape(len(parts.train), -1).mean(1)
    training = card.Training(
        source=data.name,
        train=len(parts.train),
        validation=len(parts.validation),
        seconds=round(seconds, 1),
        machine=_machine(),
        parameters=sum(one.numel() for one in kept.net.parameters()),
        defect_share=float((parts.train.labels > 0).mean()),
        grey_mean=float(means.mean()),
        grey_mean_spread=float(means.std()),
        seeds=measured,
    )
    card.write(out, kept, training, evaluation)
    pictures.draw_curves(answers, parts.test.labels, out / "curves.png")
    pictures.draw_examples(answers, parts.test, out / "examples.png")
    table = Table("measure", "value", "95 %", title=f"{len(parts.test):,} test photographs")
    for name in MEASURES:
        low, high = evaluation.intervals[name]
        table.add_row(name, f"{evaluation.values[name]:.4f}", f"{low:.4f} to {high:.4f}")
    Console().print(table)
    typer.echo(
        f"{out / 'model.pt'}, version {kept.version}, in {time.monotonic() - began:.0f} s; read {out / card.CARD}"
    )


def _trained(parts: Split, recipe: Recipe, data: str) -> tuple[Detector, float]:
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(f"{recipe.architecture}, seed {recipe.seed}", total=recipe.epochs)

        def tell(epoch: int, loss: float) -> None:
            bar.update(task, completed=epoch, description=f"epoch {epoch} of {recipe.epochs}, loss {loss:.4f}")

        net = train(parts.train, recipe, tell)
    shares = np.bincount(parts.train.labels, minlength=len(CLASSES)) / len(parts.train)
    detector = Detector(net.cpu(), recipe, np.maximum(shares, 1 / len(parts.train)), data=data)
    calibrate(detector, parts.validation)
    return detector, time.monotonic() - began


def _machine() -> str:
    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    return f"{torch.get_num_threads()} threads of {platform.machine()}"


def run() -> int:
    """Runs the command; returns the exit code."""
    try:
        app(prog_name="python -m models.defects")
    except ModelError as error:
        console.print(f"error: {error.message}\nnext: {error.hint}", markup=False, highlight=False)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(run())
