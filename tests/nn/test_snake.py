import numpy as np
import torch

from tritone.nn.snake import Snake


def test_it_is_the_formula_and_its_gradient():
    layer = Snake(3).double()
    layer.alpha.data = torch.tensor([[0.5], [1.0], [-2.0]], dtype=torch.float64)
    signal = torch.randn(2, 3, 50, dtype=torch.float64, requires_grad=True)
    output = layer(signal)
    x, a = signal.detach().numpy(), layer.alpha.detach().numpy()
    np.testing.assert_allclose(output.detach(), x + np.sin(a * x) ** 2 / a, atol=1e-8)
    output.sum().backward()
    np.testing.assert_allclose(signal.grad, 1 + np.sin(2 * a * x), atol=1e-8)
    by_frequency = (x * np.sin(2 * a * x) / a - np.sin(a * x) ** 2 / a**2).sum((0, 2))
    np.testing.assert_allclose(layer.alpha.grad[:, 0], by_frequency, atol=1e-6)


def test_without_frequency_it_is_the_identity():
    layer = Snake(1)
    layer.alpha.data.zero_()
    signal = torch.randn(1, 1, 9)
    assert torch.equal(layer(signal), signal)


def test_by_rows_it_is_the_same():
    layer = Snake(4)
    layer.alpha.data.uniform_(0.2, 3)
    signal = torch.randn(2, 4, 7)
    rows = layer.by_rows()(signal.transpose(1, 2))
    torch.testing.assert_close(rows.transpose(1, 2), layer(signal), rtol=0, atol=1e-6)
