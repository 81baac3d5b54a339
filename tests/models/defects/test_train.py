"""A network learns, the same each time."""

import numpy as np
import pytest
import torch

from models.defects.network import ARCHITECTURES, OUTPUTS, build
from models.defects.photographs import Photographs
from models.defects.recipe import Recipe
from models.defects.train import changed, class_weights, joint_loss, mixed, targets, train

SMALL = Recipe(width=8, epochs=12, batch=32, average=0.9, rate=3e-3)


def told(net: torch.nn.Module, photographs: Photographs) -> np.ndarray:
    with torch.inference_mode():
        outputs = net(torch.from_numpy(photographs.pixels))
    return (outputs[:, 0] > 0).numpy()


def test_it_learns_what_no_constant_answer_knows(patterns: Photographs) -> None:
    learnt, judged = patterns.at(np.arange(160)), patterns.at(np.arange(160, 240))
    net = train(learnt, SMALL)
    right = (told(net, judged) == (judged.labels > 0)).mean()
    # Half have a defect; of 80 coins 90 % never fall right.
    assert right > 0.9


def test_labels_without_a_pattern_are_not_learnt(patterns: Photographs) -> None:
    shuffled = Photographs(patterns.pixels, np.random.default_rng(1).permutation(patterns.labels), patterns.digests).at(
        np.arange(160)
    )
    judged = patterns.at(np.arange(160, 240))
    right = (told(train(shuffled, SMALL), judged) == (judged.labels > 0)).mean()
    assert right < 0.8


def test_the_same_training_gives_the_same_weights(patterns: Photographs) -> None:
    recipe = Recipe(width=4, epochs=1, batch=64)
    torch.use_deterministic_algorithms(True)
    first, second = (train(patterns, recipe).state_dict() for _ in range(2))
    other = train(patterns, Recipe(width=4, epochs=1, batch=64, seed=1)).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["backbone.fc.weight"], other["backbone.fc.weight"])


def test_every_epoch_is_told(patterns: Photographs) -> None:
    heard: list[tuple[int, float]] = []
    train(patterns, Recipe(width=4, epochs=3, batch=64), lambda epoch, loss: heard.append((epoch, loss)))
    assert [epoch for epoch, _ in heard] == [1, 2, 3]
    assert heard[2][1] < heard[0][1]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_architecture_answers_and_learns(architecture: str, patterns: Photographs) -> None:
    net = train(patterns, Recipe(architecture, width=8, epochs=1, batch=80, rate=1e-3))
    outputs = net(torch.from_numpy(patterns.pixels[:5]))
    assert outputs.shape == (5, OUTPUTS)
    assert outputs.isfinite().all()
    before = build(architecture, 8).state_dict()
    assert before.keys() == net.state_dict().keys()


def test_a_flipped_or_moved_photograph_keeps_its_pixels() -> None:
    pixels = torch.arange(40 * 24).reshape(1, 40, 24).expand(64, 40, 24)
    turned = changed(pixels, 0, torch.Generator().manual_seed(3))
    kinds = {tuple(one.flatten().tolist()) for one in turned}
    whole = pixels[0]
    assert kinds == {tuple(whole.flip(axes).flatten().tolist()) for axes in ((), (0,), (1,), (0, 1))}
    moved = changed(pixels, 2, torch.Generator().manual_seed(3))
    middle = {(int(one[20, 12]) // 24, int(one[20, 12]) % 24) for one in moved}
    assert len(middle) > 20
    assert all(17 <= row <= 22 and 9 <= column <= 14 for row, column in middle)


def test_what_is_wanted_sums_to_one_and_follows_the_label() -> None:
    wanted = targets(torch.tensor([0, 3]), 0.1)
    assert torch.allclose(wanted[:, 1:].sum(1), torch.ones(2))
    assert torch.allclose(wanted[:, 0], torch.tensor([0.05, 0.95]))
    assert wanted[:, 1:].argmax(1).tolist() == [0, 3]


def test_mixing_mixes_photographs_and_what_is_wanted_alike() -> None:
    pixels = torch.stack([torch.zeros(40, 24), torch.full((40, 24), 100.0)])
    blended, wanted, weight = mixed(pixels, targets(torch.tensor([0, 1]), 0.0), torch.tensor([1.0, 3.0]), 0.25)
    assert blended[:, 0, 0].tolist() == [75.0, 25.0]
    assert wanted[:, 0].tolist() == [0.75, 0.25]
    assert weight.tolist() == [2.5, 1.5]


def test_the_loss_is_least_at_what_is_wanted() -> None:
    wanted, weight = targets(torch.tensor([0, 4]), 0.0), torch.ones(2)
    good = (wanted * 2 - 1) * 20
    assert float(joint_loss(good, wanted, weight)) < 1e-6
    assert float(joint_loss(-good, wanted, weight)) > 10


def test_rare_classes_weigh_more_and_all_weigh_one_on_average(tenth: Photographs) -> None:
    weights = class_weights(tenth, 0.5)
    counts = np.bincount(tenth.labels)
    assert np.argsort(weights.numpy()).tolist() == np.argsort(-counts, kind="stable").tolist()
    assert float(weights[torch.from_numpy(tenth.labels)].mean()) == pytest.approx(1.0)
    assert class_weights(tenth, 0.0).tolist() == pytest.approx([1.0] * 12)
