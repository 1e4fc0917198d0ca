"""Exported archives are read as data; whatever else they hold is refused, and nothing of it runs."""

import io
import pickle
import zipfile

import pytest
import torch
from acids_names import LITTLE, scripted_pickle, state, write_export

from tritone.errors import UserError
from tritone.play.foreign.scripted import read_archive


class Scripted(torch.nn.Module):
    """A module with all kinds of attributes, for TorchScript itself to write."""

    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Conv1d(3, 4, 5)
        self.register_buffer("shares", torch.arange(6.0).reshape(2, 3).T)
        self.register_buffer("count", torch.tensor(7))
        self.register_buffer("halves", torch.tensor([0.5, 1.5], dtype=torch.float16))
        self.pad = (3, 4)
        self.sr = 48_000
        self.labels = ["one", "two"]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (
            self.inner(x) * self.shares[0, 0] * self.sr * self.pad[0] + len(self.labels) + self.count + self.halves[0]
        )


@pytest.fixture
def hostile(tmp_path):
    """`hostile(pickle)` is the path of an archive with it as its structure."""

    def write(pickled):
        with zipfile.ZipFile(tmp_path / "bad.ts", "w") as archive:
            archive.writestr("bad/data.pkl", pickled)
        return tmp_path / "bad.ts"

    return write


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_torchscript_wrote_is_read_without_its_code(tmp_path):
    module = Scripted()
    torch.jit.script(module).save(str(tmp_path / "m.ts"))
    found = read_archive(tmp_path / "m.ts")
    for name, value in module.state_dict().items():
        assert torch.equal(found.tensors[name], value) and found.tensors[name].dtype == value.dtype
    assert found.values["pad"] == (3, 4) and found.values["sr"] == 48_000 and found.values["labels"] == ["one", "two"]
    assert found.kinds["inner"].endswith("Conv1d")


def test_an_export_gives_all_tensors_back(tmp_path):
    found = read_archive(write_export(tmp_path / "m.ts", LITTLE["v2"]))
    theirs = state(LITTLE["v2"])
    name = "encoder.encoder.net.0.weight"
    joined = torch.nn.utils.parametrizations.weight_norm(torch.nn.Conv1d(16, 2, 7, bias=False))
    joined.parametrizations.weight.original0.data = theirs[name + "_g"]
    joined.parametrizations.weight.original1.data = theirs[name + "_v"]
    assert torch.allclose(found.tensors[name], joined.weight, atol=1e-6)
    assert torch.equal(found.tensors["latent_pca"], theirs["latent_pca"])


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_calls_the_system_is_refused_and_not_run(hostile, tmp_path, refused, protocol):
    target = tmp_path / "ran"
    call = {
        0: f"cposix\nsystem\n(S'touch {target}'\ntR.".encode(),
        2: b"\x80\x02cbuiltins\neval\n(X" + len(f"open('{target}', 'w')").to_bytes(4, "little")
        + f"open('{target}', 'w')".encode() + b"tR.",
        4: pickle.dumps(Calls(target), protocol=4),
    }[protocol]  # fmt: skip
    sentence = refused("import", hostile(call), "--out", tmp_path / "run")
    assert "is refused" in sentence and "Nothing in it was run" in sentence
    assert not target.exists() and not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "name", ["torch.load", "torch.jit._pickle.build_os", "torch._utils.exec", "torch.hub.load", "builtins.getattr"]
)
def test_no_other_name_is_resolved(hostile, name):
    module, _, last = name.rpartition(".")
    with pytest.raises(UserError, match=f"names {name}"):
        read_archive(hostile(f"c{module}\n{last}\n)R.".encode()))


def test_attributes_cannot_reach_the_class_of_an_object(hostile):
    """A dotted name of protocol 4 (`Class.__init__.__globals__`) is a name like any other, and stays one."""
    pickled = b"\x80\x04\x8c\x05torch\x8c\x0dload.__self__\x93."
    with pytest.raises(UserError, match="names torch"):
        read_archive(hostile(pickled))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"J\x06\x00\x00\x00J\x03\x00\x00\x00", b"J\xff\x00\x00\x00J\x03\x00\x00\x00"),
        (b"FloatStorage", b"DoubleStorage"),
    ],
)
def test_tensors_beyond_their_numbers_are_refused(tmp_path, old, new):
    value = torch.arange(18.0).reshape(6, 3)
    pickled = scripted_pickle({"w": value}, {}, {})
    assert old in pickled
    with zipfile.ZipFile(tmp_path / "m.ts", "w") as archive:
        archive.writestr("m/data.pkl", pickled.replace(old, new))
        archive.writestr("m/data/0", value.numpy().tobytes())
    with pytest.raises(UserError, match="damaged"):
        read_archive(tmp_path / "m.ts")


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "m.ts").write_bytes(content)
    with pytest.raises(UserError, match=r"m\.ts"):
        read_archive(tmp_path / "m.ts")


def test_other_zip_files_and_cut_pickles_are_refused(tmp_path, hostile):
    with zipfile.ZipFile(tmp_path / "m.ts", "w") as archive:
        archive.writestr("notes.txt", "nothing")
    with pytest.raises(UserError, match=r"data\.pkl"):
        read_archive(tmp_path / "m.ts")
    whole = scripted_pickle({}, {"sr": 1}, {})
    for end in range(len(whole)):
        with pytest.raises(UserError):
            read_archive(hostile(whole[:end]))
    with pytest.raises(UserError, match="holds a int"):
        read_archive(hostile(b"K\x01."))


def test_modules_without_end_are_refused(hostile):
    buffer = io.BytesIO(b"\x80\x02c__torch__\nM\n)\x81q\x00}X\x01\x00\x00\x00ah\x00sb.")
    with pytest.raises(UserError, match="without end"):
        read_archive(hostile(buffer.getvalue()))


class Calls:
    """Creates a file when it is unpickled."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return open, (str(self.target), "w")
