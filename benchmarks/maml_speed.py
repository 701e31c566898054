"""MAML beside higher, TorchOpt and a plain loop, in one run: the same Conv-4, tasks and threads.

    pip install --no-deps --target PEERS higher==0.2.1 torchopt==0.7.3 optree graphviz
    PYTHONPATH=PEERS python benchmarks/maml_speed.py --out benchmarks/results/maml_speed.json

An iteration is a meta-batch of 32 tasks, 5-way 1-shot with 15 queries a class of 28 x 28 pixels, forth and back through
second-order steps on the support, and one step of Adam. The sides take turns, and the ratios are of the medians over
the rounds. Peers run as their papers' examples and documentation show: float32, torch's usual layout, Conv-4 with the
ReLU before the pooling, one ``backward`` a task. Ours is ``MAML`` under the trainer's precision (bfloat16 unless
--precision says otherwise) in channels-last. All begin with the same weights, and in float64 must agree on the loss
and on the gradient: this is tried first. --shared says in the figures that the machine had other work.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from gemel.adaptation import Network
from gemel.assembly import assemble
from gemel.batches import Episode, Labelled, Tasks
from gemel.circumstances import circumstances
from gemel.files import write_json
from gemel.learners import Adaptive
from gemel.randomness import torch_generator
from gemel.recipes import Recipe
from gemel.training.device import lowered
from gemel.training.memory import keep_freed

WAYS, SHOTS, QUERIES, SIDE, RATE = 5, 1, 15, 28, 0.4
GOAL = 1.8


def tasks_of(count: int, seed: int) -> Tasks:
    """Return made-up tasks: speed does not ask what is on the pictures."""
    generator = torch_generator(seed, "tasks")

    def part(items: int) -> Labelled:
        pictures = torch.randn(WAYS * items, 1, SIDE, SIDE, generator=generator)
        return Labelled(pictures, torch.arange(WAYS).repeat_interleave(items))

    return Tasks(tuple(Episode(part(SHOTS), part(QUERIES)) for _ in range(count)))


class Usual(nn.Module):
    """Conv-4 as papers' code has it, with a linear head."""

    def __init__(self, like: Network) -> None:
        super().__init__()
        blocks = []
        for block in like.encoder.body:  # type: ignore[union-attr]
            convolution, norm = block[0], block[1]
            made = nn.Conv2d(convolution.in_channels, convolution.out_channels, 3, padding=1, bias=False)
            made.weight.data.copy_(convolution.weight.data.contiguous())
            blocks.append(nn.Sequential(made, nn.BatchNorm2d(norm.num_features), nn.ReLU(), nn.MaxPool2d(2)))
        self.body = nn.Sequential(*blocks)
        self.head = nn.Linear(like.head.in_features, WAYS)
        self.head.load_state_dict(like.head.state_dict())

    def forward(self, items: Tensor) -> Tensor:
        return self.head(self.body(items).flatten(1))


Side = Callable[[Tasks], Tensor]  # leaves gradients, and returns the mean loss


def plain(network: Usual, steps: int) -> Side:
    """Return a loop over tasks with ``torch.autograd.grad``."""

    def run(tasks: Tasks) -> Tensor:
        total = torch.zeros(())
        for episode in tasks.episodes:
            fast = dict(network.named_parameters())
            for _ in range(steps):
                loss = functional.cross_entropy(
                    functional_call(network, fast, (episode.support.items,)), episode.support.labels
                )
                gradients = torch.autograd.grad(loss, list(fast.values()), create_graph=True)
                fast = {name: value - RATE * g for (name, value), g in zip(fast.items(), gradients, strict=True)}
            logits = functional_call(network, fast, (episode.query.items,))
            loss = functional.cross_entropy(logits, episode.query.labels) / len(tasks.episodes)
            loss.backward()
            total += loss.detach()
        return total

    return run


def with_higher(network: Usual, steps: int) -> Side:
    """Return higher's ``innerloop_ctx``, as its MAML example has it."""
    higher = import_module("higher")
    inner = torch.optim.SGD(network.parameters(), lr=RATE)

    def run(tasks: Tasks) -> Tensor:
        total = torch.zeros(())
        for episode in tasks.episodes:
            with higher.innerloop_ctx(network, inner, copy_initial_weights=False) as (fast, optimizer):
                for _ in range(steps):
                    optimizer.step(functional.cross_entropy(fast(episode.support.items), episode.support.labels))
                loss = functional.cross_entropy(fast(episode.query.items), episode.query.labels) / len(tasks.episodes)
                loss.backward()
                total += loss.detach()
        return total

    return run


def with_torchopt(network: Usual, steps: int) -> Side:
    """Return TorchOpt's ``MetaSGD``, as its few-shot example has it."""
    torchopt = import_module("torchopt")

    def run(tasks: Tasks) -> Tensor:
        total = torch.zeros(())
        inner = torchopt.MetaSGD(network, lr=RATE)
        before = (
            torchopt.extract_state_dict(network, by="reference"),
            torchopt.extract_state_dict(inner, by="reference"),
        )
        for episode in tasks.episodes:
            for _ in range(steps):
                inner.step(functional.cross_entropy(network(episode.support.items), episode.support.labels))
            loss = functional.cross_entropy(network(episode.query.items), episode.query.labels) / len(tasks.episodes)
            loss.backward()
            total += loss.detach()
            torchopt.recover_state_dict(network, before[0])
            torchopt.recover_state_dict(inner, before[1])
        return total

    return run


PEERS: dict[str, Callable[[Usual, int], Side]] = {"plain": plain, "higher": with_higher, "torchopt": with_torchopt}


def ours(steps: int, seed: int) -> Adaptive:
    """Return our learner, with weights of the seed."""
    recipe = Recipe.of(
        {
            "learner": {"name": "maml", "ways": WAYS, "steps": steps, "rate": RATE},
            "encoder": {"name": "conv4", "filters": 64},
            "loss": "cross_entropy",
            "preprocessing": {"size": SIDE, "channels": 1},
            "training": {"seed": seed},
        }
    )
    learner = assemble(recipe, channels=1, classes=1)
    assert isinstance(learner, Adaptive)
    return learner.train()


def run_ours(learner: Adaptive, precision: str) -> Side:
    def run(tasks: Tasks) -> Tensor:
        with lowered(learner.device, precision):
            loss = learner(tasks).loss
        loss.backward()
        return loss.detach()

    return run


def in_channels_last(tasks: Tasks) -> Tasks:
    return tasks.with_items(lambda items: items.to(memory_format=torch.channels_last))


def check(peer: str, learner: Adaptive, steps: int) -> float:
    """Return how far a peer's gradient of the first layer is from ours in float64; the losses must agree, too."""
    mine = copy.deepcopy(learner).double()
    its = Usual(mine.network).double()
    tasks = tasks_of(2, seed=1).with_items(Tensor.double)
    losses = run_ours(mine, "float32")(tasks), PEERS[peer](its, steps)(tasks)
    torch.testing.assert_close(losses[1].double(), losses[0], rtol=1e-5, atol=1e-6)
    (a, b) = (next(iter(module.parameters())).grad for module in (mine.network, its))
    assert a is not None
    assert b is not None
    apart = float((a - b).norm() / b.norm())
    if apart > 1e-4:
        raise AssertionError(f"{peer}: the gradients are {apart:.1%} apart")
    return apart


def timed(side: Side, parameters: list[nn.Parameter], tasks: Tasks) -> float:
    """Return the seconds of one iteration."""
    optimizer = torch.optim.Adam(parameters, lr=1e-5)
    began = time.perf_counter()
    optimizer.zero_grad()
    side(tasks)
    optimizer.step()
    return time.perf_counter() - began


def compared(steps: int, chosen: argparse.Namespace) -> dict[str, Any]:
    """Return the rows of one number of inner steps."""
    learner = ours(steps, chosen.seed)
    networks = {name: Usual(learner.network) for name in chosen.peers}
    sides = {name: PEERS[name](network, steps) for name, network in networks.items()}
    agreement = {name: check(name, learner, steps) for name in sides}
    tasks = tasks_of(chosen.tasks, chosen.seed)
    nearer = in_channels_last(tasks)
    seconds: dict[str, list[float]] = {name: [] for name in (*sides, "gemel")}
    for _ in range(chosen.rounds + 1):
        for name, side in sides.items():
            seconds[name].append(timed(side, list(networks[name].parameters()), tasks))
        mine = run_ours(learner, chosen.precision)
        seconds["gemel"].append(timed(mine, list(learner.parameters()), nearer))
    medians = {name: statistics.median(rows[1:]) for name, rows in seconds.items()}  # the first warms up
    best = min(value for name, value in medians.items() if name != "gemel")
    return {
        "inner_steps": steps,
        "iterations_per_second": {name: round(1 / value, 4) for name, value in medians.items()},
        "ratio_to_the_best": round(best / medians["gemel"], 3),
        "gradient_apart_in_float64": {name: float(f"{value:.1e}") for name, value in agreement.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS)
    parser.add_argument("--steps", nargs="*", type=int, default=[1, 5], help="inner steps, one row each")
    parser.add_argument("--tasks", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precision", default="bf16", choices=("bf16", "float32"), help="ours")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shared", action="store_true", help="the machine has other work")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    keep_freed()
    settings = {key: value for key, value in vars(chosen).items() if key not in ("out", "steps")}
    versions = {name: version(name) for name in ("higher", "torchopt") if name in chosen.peers}
    rows = [compared(steps, chosen) for steps in chosen.steps]
    document = {**circumstances(), "settings": settings, "peers": versions, "goal": GOAL, "rows": rows}
    print(json.dumps(document, indent=2))
    if chosen.out:
        write_json(chosen.out, document)


if __name__ == "__main__":
    main()
