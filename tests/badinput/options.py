"""Words of the command line, presets and configurations."""

from badinput.stage import Got, Rows, Stage
from tritone.config import from_yaml, load_preset
from tritone.schema import build
from tritone.training.config import TrainingConfig

ROWS = Rows("Options, presets and configurations")

TRAIN = {
    "--model.capasity 8": "a misspelt setting",
    "--stepps 3": "a misspelt option",
    "--model.capacity many": "a word where a number belongs",
    "--model.capacity 2001-99-99": "a date that is none where a number belongs",
    "--model.capacity !!float_x": "a YAML tag as a value",
    "--model.learning_rate nan": "NaN as a learning rate",
    "--model.ratios [0,4]": "a stride of 0",
    "--training.batch 0": "a batch of none",
    "--training.seed 99999999999999999999": "a seed beyond 64 bits",
    "--steps -1": "less than no steps",
    "--minutes nan": "NaN minutes",
    "--preset vae-nona": "a misspelt preset",
    "--preset ../../etc/nowhere.yaml": "a preset that is not there",
    "--device tpu": "a device that no machine has",
    "extra": "one word too many",
}


def _training(words: str) -> None:
    @ROWS.row(f"{TRAIN[words]}: `{words}`", "train vae")
    def act(stage: Stage) -> Got:
        return stage.train(*words.split())


for each in TRAIN:
    _training(each)


@ROWS.row("a whole number of 5,000 digits", "train vae --model.capacity")
def digits(stage: Stage) -> Got:
    return stage.train("--model.capacity", "1" * 5000)


@ROWS.row("brackets nested 100,000 deep", "train vae --model.ratios")
def nested(stage: Stage) -> Got:
    return stage.train("--model.ratios", "[" * 100_000)


@ROWS.row("no command at all", "tritone")
def nothing(stage: Stage) -> Got:
    return stage.tritone()


@ROWS.row("a command that does not exist", "tritone trian")
def command(stage: Stage) -> Got:
    return stage.tritone("trian")


@ROWS.row("a family that does not exist", "train van")
def family(stage: Stage) -> Got:
    return stage.tritone("train", "van", stage.made.data, "--out", stage.path / "run")


PREPARE = ("--rate 5", "--rate fast", "--channels 3", "--validation nan", "--bars -1", "--bpm 120", "--dtype int8")


def _preparing(words: str) -> None:
    @ROWS.row(f"`{words}`", "prepare")
    def act(stage: Stage) -> Got:
        got = stage.tritone("prepare", stage.made.sounds, "--out", stage.path / "data", *words.split())
        assert not (stage.path / "data").exists()
        return got


for each in PREPARE:
    _preparing(each)


def preset(stage: Stage, content: bytes | str) -> Got:
    return stage.train("--preset", stage.file("mine.yaml", content))


@ROWS.row("a preset of 0 bytes", "train vae --preset")
def empty(stage: Stage) -> Got:
    return preset(stage, b"")


@ROWS.row("a preset that is a picture", "train vae --preset")
def picture(stage: Stage) -> Got:
    return preset(stage, b"\x89PNG\r\n\x1a\n\xff\xfe")


@ROWS.row("a preset that is not YAML", "train vae --preset")
def torn(stage: Stage) -> Got:
    return preset(stage, "model: {capacity: [8")


@ROWS.row("a preset that is a list", "train vae --preset")
def listed(stage: Stage) -> Got:
    return preset(stage, "- 1\n- 2\n")


@ROWS.row("a preset whose `model` is a number", "train vae --preset")
def section(stage: Stage) -> Got:
    return preset(stage, "family: vae\nmodel: 3\n")


@ROWS.row("a preset that asks for a Python object", "train vae --preset")
def tagged(stage: Stage) -> Got:
    target = stage.path / "ran"
    got = preset(stage, f"model: !!python/object/apply:os.system ['touch {target}']\n")
    assert not target.exists()
    return got


@ROWS.row("a preset of anchors that name anchors: ten lines, a billion values", "train vae --preset")
def bomb(stage: Stage) -> Got:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return preset(stage, "\n".join([*lines, "model: {ratios: *a8}"]))


@ROWS.row("a preset that holds itself by an anchor", "train vae --preset")
def circle(stage: Stage) -> Got:
    return preset(stage, "model: &m\n  weights: *m\n")


@ROWS.row("a preset that is its own base", "train vae --preset")
def base(stage: Stage) -> Got:
    return preset(stage, f"base: {stage.path / 'mine.yaml'}\n")


@ROWS.row("two presets that are each other's base under other names each time", "train vae --preset")
def bases(stage: Stage) -> Got:
    stage.file("deep/other.yaml", "base: ../mine.yaml\n")
    return preset(stage, "base: deep/other.yaml\n")


@ROWS.row("a preset in a loop of links", "train vae --preset")
def linked(stage: Stage) -> Got:
    (stage.path / "loop.yaml").symlink_to("loop.yaml")
    return stage.train("--preset", stage.path / "loop.yaml")


@ROWS.row("a preset of another family", "train vae --preset gan-nano")
def other(stage: Stage) -> Got:
    return stage.train("--preset", "gan-nano")


@ROWS.row("a preset by a name that holds a zero byte", "tritone.config.load_preset")
def zero(stage: Stage) -> Got:
    return stage.refused(load_preset, "a\0b.yaml")


@ROWS.row("a configuration without a family", "tritone.config.from_yaml")
def bare(stage: Stage) -> Got:
    return stage.refused(from_yaml, "model: {}\ntraining: {}\n", "config.yaml")


@ROWS.row("a setting named by a number", "tritone.config.from_yaml")
def numbered(stage: Stage) -> Got:
    return stage.refused(from_yaml, "family: vae\nmodel: {1: 2}\ntraining: {}\n", "config.yaml")


@ROWS.row("settings of which one is of a wrong type", "tritone.schema.build")
def typed(stage: Stage) -> Got:
    return stage.refused(build, TrainingConfig, {"steps": [1]}, "training", "the settings")
