"""Time as features: the sines by their formula, times told apart, vectors added."""

import math

import torch

from tritone.nn.diffusion.embedding import FASTEST, SLOWEST, WAVES, TimeEmbedding


def embedding(vector: int = 0) -> TimeEmbedding:
    torch.manual_seed(0)
    return TimeEmbedding(16, vector)


def test_sines_and_cosines_of_geometric_frequencies():
    layer, time = embedding(), 0.3
    cycles = [SLOWEST * (FASTEST / SLOWEST) ** (i / (WAVES - 1)) for i in range(WAVES)]
    waves = [f(2 * math.pi * c * time) for f in (math.sin, math.cos) for c in cycles]
    features = layer.time(torch.tensor([waves]))
    expected = features / (1 + (-features).exp())
    torch.testing.assert_close(layer(torch.tensor([time])), expected, atol=1e-5, rtol=1e-4)


def test_near_times_differ_and_each_row_has_its_own():
    layer = embedding()
    given = layer(torch.tensor([0.0, 0.002, 0.5, 1.0]))
    assert given.shape == (4, 16)
    assert torch.pdist(given).min() > 1e-3
    torch.testing.assert_close(layer(torch.tensor([0.5])), given[2:3])


def test_a_vector_is_added_before_the_last_activation():
    layer, time, vector = embedding(3), torch.tensor([0.1, 0.9]), torch.randn(2, 3)
    silent = layer(time)
    angles = time[:, None] * layer.frequencies
    before = layer.time(torch.cat([angles.sin(), angles.cos()], -1))
    total = before + layer.vector(vector)
    torch.testing.assert_close(layer(time, vector), total * torch.sigmoid(total))
    assert (layer(time, vector) - silent).abs().min() > 0


def test_frequencies_are_no_weights():
    assert not [name for name in embedding().state_dict() if "frequencies" in name]
