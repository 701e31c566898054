"""Slow, obvious forms of the evaluation's formulas."""

from __future__ import annotations

import itertools

import torch


def auc(genuine, impostor):
    """The chance that a genuine score beats an impostor score, pair by pair."""
    wins = [1.0 if g > i else 0.5 if g == i else 0.0 for g, i in itertools.product(genuine, impostor)]
    return sum(wins) / len(wins)


def rates_at(genuine, impostor, threshold):
    """FAR and FRR, counted."""
    return sum(i >= threshold for i in impostor) / len(impostor), sum(g < threshold for g in genuine) / len(genuine)


def tar_at_far(genuine, impostor, far):
    """The best TAR of all thresholds whose FAR is allowed."""
    points = [rates_at(genuine, impostor, t) for t in [float("inf"), *genuine, *impostor]]
    return max(1 - frr for reached, frr in points if reached <= far)


def episode_accuracy(embeddings, similarity, support, query):
    """One episode: every query against every class's mean."""
    right = []
    for truth, items in enumerate(query):
        for item in items:
            scores = [float(similarity(embeddings[item], embeddings[rows].mean(0))) for rows in support]
            right.append(scores.index(max(scores)) == truth)
    return sum(right) / len(right)


def retrieval(embeddings, labels, similarity):
    """Recall@1, @5, @10, MAP@R and R-precision, each the mean over queries with something to find."""
    rows = []
    for query in range(len(labels)):
        others = [item for item in range(len(labels)) if item != query]
        relevant = sum(labels[item] == labels[query] for item in others)
        if relevant == 0:
            continue
        ranked = sorted(others, key=lambda item: -float(similarity(embeddings[query], embeddings[item])))
        hits = [labels[item] == labels[query] for item in ranked]
        precisions = [sum(hits[: i + 1]) / (i + 1) for i in range(relevant) if hits[i]]
        recalls = [float(any(hits[:k])) for k in (1, 5, 10)]
        rows.append([*recalls, sum(precisions) / relevant, sum(hits[:relevant]) / relevant])
    return torch.tensor(rows, dtype=torch.float64).mean(0).tolist()
