import numpy
import pytest
import torch
from torch import nn

from tritone.families.gan.losses import DISCRIMINATOR, zero_centred_penalty
from tritone.families.gan.projected import FixedMix, Judge, Mixing, ProjectedDiscriminator, enlarge

WIDTHS = ((3, 5, 6, 7), (4, 4, 8, 8))
SIZES = ((16, 32), (8, 16), (4, 8), (2, 4))


def maps(batch=4, sizes=SIZES, widths=WIDTHS):
    return [[torch.randn(batch, width, *size) for width, size in zip(each, sizes, strict=True)] for each in widths]


def small(condition=0, seed=0):
    return ProjectedDiscriminator(widths=WIDTHS, mixed=8, width=16, condition=condition, seed=seed)


@pytest.mark.parametrize(
    "sizes", [SIZES, ((48, 93), (24, 46), (12, 23), (6, 11)), ((6, 21), (3, 10), (1, 5), (1, 2)), ((1, 1),) * 4]
)
def test_four_logit_maps_for_each_network_at_any_size(sizes):
    logits = small()(maps(sizes=sizes))
    assert len(logits) == 8
    for index, each in enumerate(logits):
        bands, frames = sizes[index % 4]
        halvings = 2 ** (4 - index % 4)
        assert each.shape == (4, -(-bands // halvings) * -(-frames // halvings))


def test_mixing_by_numpy():
    """Equal sizes leave nothing to interpolate: a chain of matrices from the deepest map to the finest."""
    mixing = Mixing((3, 5, 6, 7), 2, torch.Generator().manual_seed(1))
    features = [torch.randn(2, width, 2, 3) for width in (3, 5, 6, 7)]
    made = mixing(features)

    def mix(layer, x):
        return numpy.einsum("oi,bihw->bohw", layer.weight[:, :, 0, 0].numpy(), x) + layer.bias.numpy()[:, None, None]

    carried = None
    for scale in (3, 2, 1, 0):
        x = mix(mixing.across[scale], features[scale].numpy())
        carried = mix(mixing.upwards[scale], x if carried is None else x + carried)
        assert carried.shape[1] == (2, 2, 4, 8)[scale]
        assert numpy.allclose(made[scale].numpy(), carried, atol=1e-5)


def test_mixing_starts_as_a_convolution_does():
    torch.manual_seed(0)
    reference, own = nn.Conv2d(64, 400, 1), FixedMix(64, 400, torch.Generator().manual_seed(5))
    for ours, theirs in ((own.weight, reference.weight), (own.bias, reference.bias)):
        assert ours.shape == theirs.shape
        assert float(ours.std()) == pytest.approx(theirs.std().item(), rel=0.1)
        assert ours.abs().max() <= 64**-0.5


def test_enlarging_is_linear_and_circular_in_time():
    fine, coarse = numpy.arange(32), numpy.arange(16)
    wave = torch.tensor(numpy.random.default_rng(0).normal(size=16), dtype=torch.float32)
    place = (fine + 0.5) / 2 - 0.5
    wanted = numpy.interp(place, numpy.r_[coarse - 16, coarse, coarse + 16], numpy.tile(wave.numpy(), 3))
    made = enlarge(wave.expand(1, 1, 3, 16), 6, 32)
    assert numpy.allclose(made.numpy(), numpy.broadcast_to(wanted, (1, 1, 6, 32)), atol=1e-6)
    column = torch.randn(1, 2, 5, 1)
    reference = nn.functional.interpolate(column, size=(11, 1), mode="bilinear")
    assert torch.allclose(enlarge(column, 11, 7), reference.expand(1, 2, 11, 7), atol=1e-6)
    odd = torch.randn(1, 1, 4, 10)
    assert torch.allclose(enlarge(odd, 4, 21).mean(), odd.mean(), atol=0.2)


def test_time_has_no_border():
    """Turned by a whole place of its logits, every judgement is the same, turned."""
    judged = small().eval()
    features = maps(batch=2)
    judged.fit(features)
    turned = [[each.roll(each.shape[-1] // 2, dims=-1) for each in network] for network in features]
    for before, after in zip(judged(features), judged(turned), strict=True):
        places = before.reshape(2, -1, 2)
        assert torch.allclose(places.flip(-1), after.reshape(2, -1, 2), atol=1e-5)
        assert not torch.allclose(before, after, atol=1e-4)


def test_the_mixing_follows_from_its_seed_and_is_saved():
    torch.manual_seed(1)
    one, same, other = small(seed=7), small(seed=7), small(seed=8)
    frozen = [name for name, _ in one.named_buffers() if name.startswith("mixing")]
    assert len(frozen) == 2 * 4 * 2 * 2
    assert all(torch.equal(one.get_buffer(name), same.get_buffer(name)) for name in frozen)
    assert not any(torch.equal(one.get_buffer(name), other.get_buffer(name)) for name in frozen)
    other.load_state_dict(one.state_dict())
    features = maps()
    one.eval(), other.eval()
    assert all(torch.equal(a, b) for a, b in zip(one(features), other(features), strict=True))


def test_learning_moves_every_weight_but_the_mixing():
    judged = ProjectedDiscriminator(widths=WIDTHS, mixed=4, width=8, condition=3)
    before = {name: value.clone() for name, value in judged.state_dict().items()}
    optimizer = torch.optim.Adam(judged.parameters(), 0.01)
    features = [[each.requires_grad_() for each in network] for network in maps()]
    condition = torch.eye(4)[:, :3]
    for _ in range(2):
        DISCRIMINATOR["logistic"](judged(features, condition), judged(maps(), condition)).backward()
        optimizer.step()
    assert all(each.grad is not None and each.grad.abs().sum() > 0 for network in features for each in network)
    assert all(not torch.equal(value, before[name]) for name, value in judged.named_parameters())
    fixed = judged.mixing.state_dict(prefix="mixing.")
    assert fixed and all(torch.equal(value, before[name]) for name, value in fixed.items())


def test_convolutions_have_spectral_norm_one():
    judged = small()
    features = maps(batch=1, sizes=SIZES[2:3] * 4)
    for _ in range(30):
        judged(features)
    judged.eval()
    weights = [module.weight for module in judged.modules() if isinstance(module, nn.Conv2d)]
    assert len(weights) == 2 * (2 * 10 + 4)
    for weight in weights:
        assert torch.linalg.svdvals(weight.detach().flatten(1))[0] == pytest.approx(1.0, abs=0.02)


def test_the_condition_is_an_inner_product():
    judge = Judge(inputs=6, least=6, width=8, blocks=1, condition=3).eval()
    x = torch.randn(4, 6, 4, 6)
    plain, first, second = (judge(x, torch.tensor([row] * 4)) for row in ([0.0, 0, 0], [1.0, 0, 0], [0, 2.0, 0]))
    both = judge(x, torch.tensor([[1.0, 2.0, 0.0]] * 4))
    assert torch.allclose(both + plain, first + second, atol=1e-5)
    assert not torch.allclose(first, second, atol=1e-3)
    with torch.no_grad():
        features = judge.features(judge.blocks(x)).flatten(2)
        column = judge.embedding.weight[:, 0] / 8**0.5
    assert torch.allclose(first - plain, torch.einsum("bcp,c->bp", features, column), atol=1e-5)


def test_two_processes_judge_as_one():
    judged = small(condition=2).eval()
    features, condition = maps(batch=8), torch.randn(8, 2)
    whole = judged(features, condition)
    for half in (slice(0, 4), slice(4, 8)):
        part = judged([[each[half] for each in network] for network in features], condition[half])
        assert all(torch.allclose(a[half], b, atol=1e-6) for a, b in zip(whole, part, strict=True))


def test_penalty_at_the_features_teaches_the_judges():
    judged = small()
    features = [[each.requires_grad_() for each in network] for network in maps()]
    flat = [each for network in features for each in network]
    zero_centred_penalty(judged(features), flat).backward()
    grads = {name: each.grad for name, each in judged.named_parameters()}
    reached = [name for name, grad in grads.items() if grad is not None and grad.abs().sum() > 0]
    assert len([name for name in reached if name.endswith("weight.original")]) == 2 * (2 * 10 + 4)


def test_bf16():
    judged = small(condition=2)
    with torch.autocast("cpu", torch.bfloat16):
        logits = judged(maps(), torch.randn(4, 2))
        assert all(each.dtype == torch.float32 for each in logits)
        DISCRIMINATOR["hinge"](logits, logits).backward()
    assert all(torch.isfinite(each.grad).all() for each in judged.parameters())


def test_tells_two_kinds_of_map_apart():
    """Stripes along time against stripes along bands, equally loud: learnt in twenty steps, on new noise too."""
    torch.manual_seed(0)
    judged = ProjectedDiscriminator(widths=((3, 5, 6, 7),), mixed=8, width=16)
    optimizer = torch.optim.Adam(judged.parameters(), 0.005, betas=(0.0, 0.99))

    def striped(axis):
        found = maps(batch=8, widths=((3, 5, 6, 7),))
        return [[each + (torch.arange(each.shape[axis]) % 2).reshape(-1, *[1] * (3 - axis)) * 2 for each in found[0]]]

    for _ in range(20):
        optimizer.zero_grad()
        DISCRIMINATOR["hinge"](judged(striped(2)), judged(striped(3))).backward()
        optimizer.step()
    scores = [torch.cat(judged(striped(axis)), dim=1).mean(dim=1) for axis in (2, 3)]
    assert scores[0].min() > scores[1].max()


def test_fitting_gives_every_channel_unit_variance_and_keeps_how_loud_a_sound_is():
    judged = small().eval()
    features = maps(batch=6)
    judged.fit(features)
    mixed = [each for mixing, network in zip(judged.mixing, features, strict=True) for each in mixing(network)]
    for judge, x in zip(judged.judges, mixed, strict=True):
        for block in judge.blocks:
            inside = block._mixed(x) * block.scale + block.shift
            torch.testing.assert_close(inside.mean((0, 2, 3)), torch.zeros(len(block.scale)), atol=1e-3, rtol=0)
            assert ((inside.std((0, 2, 3)) - 1).abs() < 0.1).all()
            x = block(x)
    louder = [[3 * each for each in network] for network in features]
    assert all((a - b).abs().max() > 1e-2 for a, b in zip(judged(features), judged(louder), strict=True))
