"""gin as text: what a file binds is found, whatever the form; what is no gin is refused by its line."""

import pytest

from tritone.errors import UserError
from tritone.play.foreign.gin import Reference, read_gin

WHOLE = r"""
from __gin__ import dynamic_registration
import rave.model
# A comment with = signs and 'quotes
CAPACITY = 96   # behind a value
RATIOS = [4, 4,
          4, 2]
TWICE = %RATIOS
DILATIONS = \
    [[1, 3, 9],
     [1, 3]]
blocks.EncoderV2.ratios = %TWICE
variational/blocks.EncoderV2.ratios = [2, 2]
rave.blocks.GeneratorV2.dilations = %DILATIONS
model.RAVE.encoder = @variational/blocks.VariationalEncoder
model.RAVE.weights = {'feature_matching': 20, 'of # sign': 1e-3}
model.RAVE.size = @core.get_augmented_latent_size()
discriminator.MultiScale.convs = [@a.Conv, (None, True, -0.5)]
text.Of.percent = '%CAPACITY and @this'
"""


@pytest.fixture
def gin(tmp_path):
    """`gin(text)` reads it."""

    def read(text):
        path = tmp_path / "config.gin"
        path.write_text(text)
        return read_gin(path)

    return read


def test_values_of_every_form(gin):
    found = gin(WHOLE)
    assert found.find("CAPACITY") == 96 and found.find("TWICE") == [4, 4, 4, 2]
    assert found.find("EncoderV2.ratios") == [4, 4, 4, 2]
    assert found.find("EncoderV2.ratios", scope="variational") == [2, 2]
    assert found.find("GeneratorV2.dilations", scope="variational") == [[1, 3, 9], [1, 3]]
    assert found.find("RAVE.encoder") == Reference("variational/blocks.VariationalEncoder")
    assert found.find("RAVE.encoder").last == "VariationalEncoder"
    assert found.find("RAVE.weights") == {"feature_matching": 20, "of # sign": 1e-3}
    assert found.find("RAVE.size").last == "get_augmented_latent_size"
    assert found.find("MultiScale.convs") == [Reference("a.Conv"), (None, True, -0.5)]
    assert found.find("Of.percent") == "%CAPACITY and @this"
    assert found.find("RAVE.missing", 5) == 5 and found.find("MISSING") is None
    assert sorted(found.scopes("EncoderV2.ratios")) == ["", "variational"]


def test_later_lines_and_included_files_count_in_their_order(tmp_path):
    (tmp_path / "base.gin").write_text("A = 1\nB = 1\nx.F.p = %A\n")
    (tmp_path / "top.gin").write_text("A = 0\ninclude 'base.gin'\nB = 2\n")
    found = read_gin(tmp_path / "top.gin")
    assert (found.find("A"), found.find("B"), found.find("F.p")) == (1, 2, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A = 1\nwhat is this\n", "line 2"),
        ("A = __import__('os').system('true')\n", "line 1"),
        ("A = [1, 2\n", "line 1"),
        ("A = %B\nB = %A\n", "circle"),
        ("A = %B\n", "%B"),
        ("include 'not-there.gin'\n", "not-there.gin"),
        ("include 'config.gin'\n", "itself"),
    ],
)
def test_what_is_no_gin_is_refused(gin, text, words):
    with pytest.raises(UserError, match=words):
        gin(text).find("A")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "config.gin").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"config\.gin"):
        read_gin(tmp_path / "config.gin")
