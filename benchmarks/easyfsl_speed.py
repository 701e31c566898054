"""Few-shot evaluation and training beside easyfsl 1.5.0, in one run: the same Conv-4, pictures, queries and threads.

    pip install --no-deps --target EASYFSL easyfsl==1.5.0 pandas python-dateutil pytz six tqdm
    PYTHONPATH=EASYFSL python benchmarks/easyfsl_speed.py --out benchmarks/results/easyfsl_speed.json

Omniglot is looked up under GEMEL_DATA. The sides take turns, and the ratios are of the medians over the rounds:

- evaluation on the 659 characters of the evaluation alphabets, 5-way 1-shot with 10 queries a class as in easyfsl's
  notebooks: easyfsl's ``evaluate``, which embeds each episode by itself, told per episode; gemel's 10,000 episodes with
  all 13,180 drawings embedded once, and from the embeddings alone. Both in float32, in torch's usual layout and
  channels-last. On 100 episodes of gemel's, easyfsl's ``PrototypicalNetworks`` is asked too: the two must agree.
- training a prototypical network on the background alphabets: easyfsl's loop as in its notebook (``TaskSampler``,
  ``DataLoader``, ``episodic_collate_fn``, SGD with momentum, float32) against ``Trainer.advance`` (bfloat16,
  channels-last, the next batch made ahead on a thread; AdamW, clipping, moving average), from the same weights, in
  episodes a second. No augmentation on either side.

Nobody decodes: easyfsl is given its pictures in memory as normalised float32 tensors, without worker processes, which
suits it better than its notebooks' files do; gemel holds bytes in memory and normalises them each time. What gemel
tells the memory allocator (``keep_freed``) holds for the process, and so serves easyfsl too. The weights are as drawn,
which does not matter to the speed; of accuracy, only that both sides agree is told. It prints the figures as JSON;
``--shared`` says in them that the machine had other work, which slows both sides.

easyfsl imports torchvision for names that nothing here uses, and its ``TaskSampler`` hands torch's ``Sampler`` an
argument that it no longer takes: small stand-ins serve for both.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn

from gemel.assembly import assemble
from gemel.circumstances import circumstances
from gemel.data import Dataset, Preprocessing
from gemel.embedding import embed_dataset
from gemel.evaluation import episode_accuracy, sample_episodes
from gemel.evaluation.episodes import episode_scores
from gemel.files import write_json
from gemel.learners import EmbeddingLearner
from gemel.recipes import recipe_for
from gemel.training.progress import Silent
from gemel.training.trainer import Trainer
from gemel.workflows.preparing import prepare
from gemel.workflows.training import trainer_for

WAYS, SHOTS, QUERIES, EPISODES = 5, 1, 10, 10_000
INSTALL = "pip install --no-deps --target EASYFSL easyfsl==1.5.0 pandas python-dateutil pytz six tqdm"
GOALS = {"evaluation_ratio": 40, "from_embeddings_seconds": 1, "training_ratio": 1.5}
DATA = [
    *("data.split_file=''", "data.split_by=group", "data.rotations=false", "data.test=images_evaluation/*"),
    "data.validation=[images_background/Korean/*, images_background/Tifinagh/*, images_background/Early_Aramaic/*]",
]

#: What easyfsl takes from torchvision, none of which is used here.
TORCHVISION = {
    "torchvision": (),
    "torchvision.datasets": ("ImageFolder",),
    "torchvision.models": (),
    "torchvision.models.resnet": ("BasicBlock", "Bottleneck", "conv1x1", "conv3x3"),
    "torchvision.transforms": (),
    "torchvision.utils": (),
}


class LenientSampler(torch.utils.data.Sampler[Any]):
    """Torch's sampler, which took a data source once."""

    def __init__(self, data_source: object = None) -> None:
        super().__init__()


@dataclass(frozen=True)
class EasyFSL:
    """What of easyfsl is measured."""

    network: Callable[[nn.Module], nn.Module]
    sampler: Callable[..., Any]
    evaluate: Callable[..., float]


def easyfsl() -> EasyFSL:
    """Return easyfsl, imported with its stand-ins."""
    for name, names in TORCHVISION.items():
        module = ModuleType(name)
        for word in names:
            setattr(module, word, type(word, (nn.Module,), {}))
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
    try:
        with mock.patch.object(torch.utils.data, "Sampler", LenientSampler):
            from easyfsl.methods import PrototypicalNetworks
            from easyfsl.samplers import TaskSampler
            from easyfsl.utils import evaluate
    except ImportError as error:
        raise SystemExit(f"error: {error}; put easyfsl on the Python path: {INSTALL}") from error
    return EasyFSL(PrototypicalNetworks, TaskSampler, evaluate)


class InMemory(torch.utils.data.Dataset[tuple[Tensor, int]]):
    """A data set as easyfsl takes it: normalised pictures in memory, each with its class."""

    def __init__(self, dataset: Dataset, preprocessing: Preprocessing) -> None:
        self.pictures = preprocessing.normalise(dataset.items(torch.arange(len(dataset))).float() / 255)
        self.labels = dataset.labels.tolist()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.pictures[index], self.labels[index]

    def get_labels(self) -> list[int]:
        return self.labels


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def medians(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each work, all of them in turn each round, after one that does not count."""
    times = [[seconds(work) for work in works.values()] for _ in range(rounds + 1)][1:]
    return dict(zip(works, map(statistics.median, zip(*times, strict=True)), strict=True))


def loader(easy: EasyFSL, pictures: InMemory, ways: int, queries: int, tasks: int) -> Iterable[Any]:
    sampler = easy.sampler(pictures, n_way=ways, n_shot=SHOTS, n_query=queries, n_tasks=tasks)
    return torch.utils.data.DataLoader(pictures, batch_sampler=sampler, collate_fn=sampler.episodic_collate_fn)


def plain(encoder: nn.Module) -> nn.Module:
    """Return a copy in torch's usual layout."""
    return copy.deepcopy(encoder).to(memory_format=torch.contiguous_format)


def evaluation(
    easy: EasyFSL, learner: EmbeddingLearner, preprocessing: Preprocessing, test: Dataset, rounds: int, tasks: int
) -> dict[str, Any]:
    """Return the times of evaluating, and how often the predictions agree."""
    learner.eval()
    pictures = InMemory(test, preprocessing)
    network = easy.network(plain(learner.encoder)).eval()
    episodes = loader(easy, pictures, WAYS, QUERIES, tasks)
    embeddings = embed_dataset(learner, preprocessing, test)

    def score(rows: Tensor) -> None:
        episode_accuracy(rows, test.labels, learner, WAYS, SHOTS, QUERIES, EPISODES)

    works: dict[str, Callable[[], object]] = {
        "easyfsl": lambda: easy.evaluate(network, episodes, device="cpu", use_tqdm=False),
        "embedding": lambda: embed_dataset(learner, preprocessing, test),
        "from_embeddings": lambda: score(embeddings),
    }
    taken = medians(works, rounds)
    theirs, ours = EPISODES * taken["easyfsl"] / tasks, taken["embedding"] + taken["from_embeddings"]
    return {
        "easyfsl_ms_an_episode": 1e3 * taken["easyfsl"] / tasks,
        "embedding_seconds": taken["embedding"],
        "from_embeddings_seconds": taken["from_embeddings"],
        "ratio": theirs / ours,
        "ratio_from_embeddings": theirs / taken["from_embeddings"],
        **agreement(network, pictures, learner, embeddings, test),
    }


@torch.no_grad()
def agreement(
    network: nn.Module, pictures: InMemory, learner: EmbeddingLearner, embeddings: Tensor, test: Dataset
) -> dict[str, Any]:
    """Return both sides' accuracy on the same 100 episodes, and the share of queries that go to the same class."""
    support, query = map(torch.from_numpy, sample_episodes(test.labels, WAYS, SHOTS, QUERIES, 100, seed=0))
    ours = episode_scores(embeddings, learner, support, query.flatten(1)).argmax(-1)  # (E, N * Q)
    ways, theirs = torch.arange(WAYS), []
    for shown, asked in zip(support, query, strict=True):
        network.process_support_set(pictures.pictures[shown.flatten()], ways.repeat_interleave(SHOTS))
        theirs.append(network(pictures.pictures[asked.flatten()]).argmax(-1))
    truth = ways.repeat_interleave(QUERIES)
    accuracies = {
        name: float((found == truth).float().mean())
        for name, found in (("gemel", ours), ("easyfsl", torch.stack(theirs)))
    }
    return {
        "accuracy_on_100_episodes": accuracies,
        "same_predictions": float((ours == torch.stack(theirs)).float().mean()),
    }


def epoch(network: nn.Module, episodes: Iterable[Any], optimizer: torch.optim.Optimizer) -> None:
    """Train on each episode once, as easyfsl's notebook does (without its progress bar)."""
    losses = []
    network.train()
    for support, support_labels, query, query_labels, _ in episodes:
        optimizer.zero_grad()
        network.process_support_set(support, support_labels)
        loss = nn.functional.cross_entropy(network(query), query_labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())


def training(easy: EasyFSL, trainer: Trainer, ways: int, queries: int, rounds: int, steps: int) -> dict[str, Any]:
    """Return the episodes a second of both loops, from the same weights on the same classes."""
    network = easy.network(plain(trainer.learner.encoder))
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-2, momentum=0.9, weight_decay=5e-4)
    episodes = loader(easy, InMemory(trainer.feed.data, trainer.feed.preprocessing), ways, queries, steps)

    def advance() -> None:
        for _ in range(steps):
            trainer.advance()

    taken = medians({"easyfsl": lambda: epoch(network, episodes, optimizer), "gemel": advance}, rounds)
    trainer.batches.close()
    return {
        "ways": ways,
        "shots": SHOTS,
        "queries": queries,
        "easyfsl_episodes_a_second": steps / taken["easyfsl"],
        "gemel_episodes_a_second": steps / taken["gemel"],
        "ratio": taken["easyfsl"] / taken["gemel"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tasks", type=int, default=60, help="episodes of easyfsl's evaluation a round")
    parser.add_argument("--steps", type=int, default=30, help="5-way training episodes a round; a sixth of 60-way ones")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shared", action="store_true", help="say that the machine had other work")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    easy = easyfsl()
    torch.set_num_threads(chosen.threads)
    settings = [*DATA, f"training.threads={chosen.threads}"]
    prepared = prepare(recipe_for("prototypical", settings))
    learner = assemble(recipe_for("prototypical", settings), 1, len(prepared.split.train))
    assert isinstance(learner, EmbeddingLearner)
    evaluated = evaluation(easy, learner, prepared.preprocessing, prepared.test, chosen.rounds, chosen.tasks)
    trained = []
    for ways, queries, steps in ((5, QUERIES, chosen.steps), (60, 5, max(1, chosen.steps // 6))):
        recipe = recipe_for("prototypical", [*settings, f"sampler.ways={ways}", f"sampler.queries={queries}"])
        with tempfile.TemporaryDirectory() as folder:
            trainer = trainer_for(recipe, prepared, Path(folder), Silent())
            trained.append(training(easy, trainer, ways, queries, chosen.rounds, steps))
    stated = circumstances()
    result = {
        **stated,
        "versions": {**stated["versions"], "easyfsl": version("easyfsl")},
        "shared_with_other_work": chosen.shared,
        "threads": chosen.threads,
        "rounds": chosen.rounds,
        "stand_ins": "torchvision, whose names nothing here uses; torch's Sampler, which takes no data_source any more",
        "evaluation": {"ways": WAYS, "shots": SHOTS, "queries": QUERIES, "episodes": EPISODES, **evaluated},
        "training": trained,
        "goals": GOALS,
    }
    print(json.dumps(result, indent=2))
    if chosen.out:
        write_json(chosen.out, result)


if __name__ == "__main__":
    main()
