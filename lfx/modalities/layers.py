"""The parts of a transformers model, for training the last of them alone."""

from __future__ import annotations

from torch import nn


def layer_blocks(model: nn.Module, before: tuple[str, ...] = ()) -> list[list[nn.Parameter]]:
    """Return what stands before the layers, and each layer, the last with all after it.

    The layers are the longest list of modules.

    Args:
        model: whose parameters are grouped.
        before: prefixes of lists of modules that stand before the layers.

    Returns:
        Blocks of parameters from input to output; one block where there are no layers.
    """
    lists = [
        part
        for name, part in model.named_modules()
        if isinstance(part, nn.ModuleList) and part and not name.startswith(before)
    ]
    if not lists:
        return [list(model.parameters())]
    layers = [list(layer.parameters()) for layer in max(lists, key=len)]
    inside = {id(parameter) for layer in layers for parameter in layer}
    names = [id(parameter) for parameter in model.parameters()]
    first = next(index for index, name in enumerate(names) if name in inside)
    outside = [
        (index, parameter)
        for index, parameter in enumerate(model.parameters())
        if id(parameter) not in inside
    ]
    ahead = [parameter for index, parameter in outside if index < first]
    after = [parameter for index, parameter in outside if index > first]
    return [ahead, *layers[:-1], [*layers[-1], *after]]
