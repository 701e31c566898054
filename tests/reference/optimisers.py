"""A learned optimiser and its training, one coordinate and one derivative at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from gemel.optimisers import CoordinatewiseLstm
from gemel.optimisers.problems import Problems


def preprocessed(gradient: float, p: float) -> tuple[float, float]:
    """Return the two numbers of appendix A for one gradient."""
    if abs(gradient) >= math.exp(-p):
        return math.log(abs(gradient)) / p, math.copysign(1.0, gradient)
    return -1.0, math.exp(p) * gradient


def torch_cell(layer: nn.Linear, inputs: int, hidden: int) -> nn.LSTMCell:
    """Return torch's own cell with a layer's weights; its gates come as i, f, candidate, o."""
    cell = nn.LSTMCell(inputs, hidden)
    i, f, o, candidate = (slice(k * hidden, (k + 1) * hidden) for k in range(4))
    order = torch.cat([torch.arange(4 * hidden)[part] for part in (i, f, candidate, o)])
    weight, bias = layer.weight.detach()[order], layer.bias.detach()[order]
    cell.weight_ih.data, cell.weight_hh.data = weight[:, :inputs], weight[:, inputs:]
    cell.bias_ih.data, cell.bias_hh.data = bias, torch.zeros_like(bias)
    return cell


def updates_of_one_coordinate(rule: CoordinatewiseLstm, gradients: list[float]) -> Iterator[float]:
    """Yield the update after each of one coordinate's gradients."""
    inputs = 1 if rule.p is None else 2
    lower = torch_cell(rule.lower, inputs, rule.hidden)
    upper = torch_cell(rule.upper, rule.hidden, rule.hidden)
    below = above = (torch.zeros(1, rule.hidden), torch.zeros(1, rule.hidden))
    for gradient in gradients:
        x = [gradient] if rule.p is None else list(preprocessed(gradient, rule.p))
        below = lower(torch.tensor([x]), below)
        above = upper(below[0], above)
        yield float(rule.scale * rule.output(above[0]).detach())


def truncated_objective(rule: CoordinatewiseLstm, problems: Problems, first: int, steps: int, through: bool) -> Tensor:
    """Return Σ_t mean f(theta_t) over a descent's steps first ... first + steps, with its graph from ``first`` on.

    ``through`` lets derivatives flow through the gradients that the rule sees, too, which the paper forgoes.
    """
    theta, state = problems.start, rule.start(problems.start)
    total = torch.zeros(())
    for step in range(first + steps):
        if step == first:
            theta, state = theta.detach(), tuple(part.detach() for part in state)
        point = theta if theta.requires_grad else theta.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(problems.loss(point, step).sum(), point, create_graph=True)
        update, state = rule(gradient if through else gradient.detach(), state)
        theta = theta + update
        if step >= first:
            total = total + problems.loss(theta, step + 1).mean()
    return total
