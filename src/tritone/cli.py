"""The command line: one table, one module a command. Nothing here imports torch."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module

from tritone.errors import UserError

COMMANDS = {
    "demo": "the whole way in one command, on sound that ships with the package",
    "prepare": "sound folders into a dataset",
    "train": "a dataset into a model; the same command resumes",
    "presets": "list the presets, or print one in full",
    "inspect": "say what a dataset, run or checkpoint is",
    "generate": "new sound from a trained model",
    "reconstruct": "sound through a model and back",
    "encode": "sound to latents",
    "decode": "latents to sound",
    "loops": "render a labelled set of drum loops from one-shots",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 2 a mistake that the user can mend, 130 interrupted."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if not argv or argv[0] not in COMMANDS:
        return _top(argv)
    command = import_module(f"tritone.commands.{argv[0]}")
    try:
        return command.main(argv[1:]) or 0
    except UserError as error:
        return _complain(str(error))
    except OSError as error:
        where = f" {error.filename!r}" if error.filename else ""
        return _complain(f"The system refused{where}: {error.strerror or error}.")
    except KeyboardInterrupt:
        return 130


def _complain(sentence: str) -> int:
    print(f"tritone: {sentence}", file=sys.stderr)
    return 2


def _top(argv: Sequence[str]) -> int:
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {about}" for name, about in COMMANDS.items())
    parser = ArgumentParser(
        "tritone",
        usage="tritone COMMAND ...",
        description="Neural audio synthesis on your own recordings.",
        epilog=f"commands:\n{listing}\n\n`tritone COMMAND --help` says more.",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.add_argument("command", nargs="?", metavar="COMMAND", help="one of the commands below")
    args, _ = parser.parse_known_args(argv)
    if args.version:
        from importlib.metadata import version

        print(version("tritone"))
        return 0
    if args.command:
        return _complain(f"There is no command {args.command!r}; the commands are {', '.join(COMMANDS)}.")
    parser.print_help()
    return 2
