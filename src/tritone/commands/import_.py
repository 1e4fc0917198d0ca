"""`tritone import`: a model from elsewhere into a run folder."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tritone.commands.parser import CommandParser

ABOUT = """Make a run folder of a model that acids-rave trained: of a .ckpt (its config.gin is found beside it or above,
or given), or of an exported .ts. The run plays the same sound, and can be streamed, exported and trained on. No code of
the file is run. Settings for training on can be changed as in `tritone train`: --training.batch 4,
--model.stage1_steps 2000000 and so on."""
USAGE = "tritone import FILE --out RUN [--config GIN] [--averaged] [settings]"


def main(argv: Sequence[str]) -> int:
    """Parse with the settings of the family, then import."""
    from tritone.config import load_preset
    from tritone.options import add_config_arguments, config_overrides, unknown_option

    parser = CommandParser("import", ABOUT, USAGE)
    parser.add_argument("file", type=Path, metavar="FILE", help=".ckpt of acids-rave, or an exported .ts")
    parser.add_argument("--out", required=True, type=Path, metavar="RUN", help="folder of the run, new or empty")
    parser.add_argument("--config", type=Path, metavar="GIN", help="the config.gin of the model's training")
    parser.add_argument("--averaged", action="store_true", help="take the moving average of the weights")
    add_config_arguments(parser, "vae", load_preset("vae-v2"))
    args, rest = parser.parse_known_args(list(argv))
    if rest:
        raise unknown_option(rest[0], "vae") if rest[0].startswith("-") else parser.unknown(rest[0])
    from tritone.play.foreign.run import import_model

    made = import_model(args.file, args.out, gin=args.config, averaged=args.averaged, overrides=config_overrides(args))
    for note in (*made.notes, "Weights keep the licence under which they were given to you; name it in README.md."):
        print(note, file=sys.stderr)
    print(made.run)
    return 0
