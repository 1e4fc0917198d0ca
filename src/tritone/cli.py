"""The command line: one table, one module a command. Nothing here imports torch."""

import os
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from keyword import iskeyword

from tritone.errors import FULL, UserError

COMMANDS = {
    "demo": "the whole way in one command, on sound that ships with the package",
    "prepare": "sound folders into a dataset",
    "train": "a dataset into a model; the same command resumes",
    "distil": "a diffusion model into one that needs few steps",
    "import": "a model of acids-rave into a run folder",
    "models": "list the models that ship, which commands take as demo:NAME",
    "load": "a model from a folder, a site or a hub into a run folder",
    "presets": "list the presets, or print one in full",
    "inspect": "say what a dataset, run or checkpoint is",
    "generate": "new sound from a trained model",
    "reconstruct": "sound through a model and back",
    "upsample": "sound at a low rate to a high one",
    "stream": "a model live: sound card, file or test signal through it",
    "export": "a model into other programs: nn~ (Max, Pure Data), ONNX, OpenVINO",
    "bench": "how fast a model streams on this machine",
    "encode": "sound to latents",
    "decode": "latents to sound",
    "evaluate": "how good a folder of sound or a model is, in figures",
    "listen": "blind listening tests: plan, serve, analyse",
    "compare": "systems side by side on one page: sounds, figures, who is really better",
    "loops": "render a labelled set of drum loops from one-shots",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 2 a mistake that the user can mend, 130 interrupted."""
    argv = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names may hold what the terminal cannot show
    try:
        status = import_module(_module(argv[0])).main(argv[1:]) if _is_command(argv) else _top(argv)
        sys.stdout.flush()
        return status
    except UserError as error:
        return _complain(str(error))
    except BrokenPipeError:
        return _reader_left()
    except OSError as error:
        if error.errno in FULL:
            return _complain("The disk is full; make room and run the same command again.")
        where = f" {error.filename!r}" if error.filename else ""
        return _complain(f"The system refused{where} ({error.strerror or error}); check the path and its permissions.")
    except KeyboardInterrupt:
        return _complain("Interrupted.", 130)


def _is_command(argv: Sequence[str]) -> bool:
    return bool(argv) and argv[0] in COMMANDS


def _module(command: str) -> str:
    """Where a command is; one that is called like a word of Python has a `_` behind its name there."""
    return f"tritone.commands.{command}" + "_" * iskeyword(command)


def _complain(sentence: str, status: int = 2) -> int:
    print("tritone:", sentence.replace("\r", "\\r").replace("\n", "\\n"), file=sys.stderr)
    return status


def _reader_left() -> int:
    """The program that read our output has ended, as in `tritone presets | head -1`; leave without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _top(argv: Sequence[str]) -> int:
    """What is asked without a command: help and version; everything else is a mistake."""
    from tritone.commands.parser import CommandParser

    if argv and not argv[0].startswith("-"):
        raise UserError(_no_command(argv[0]))
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {about}" for name, about in COMMANDS.items())
    parser = CommandParser("", "Neural audio synthesis on your own recordings.", "tritone COMMAND ...")
    parser.epilog = f"commands:\n{listing}\n\n`tritone COMMAND --help` says more."
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.add_argument("--version", action="store_true", help="print the version")
    if parser.parse(argv).version:
        from tritone.config import package_version

        print(package_version())
        return 0
    if not argv:
        parser.print_help(sys.stderr)
        return _complain("Name a command.")
    return 0


def _no_command(name: str) -> str:
    from tritone.schema import nearest

    near = nearest(name, COMMANDS)
    mend = near if near != "." else f"; the commands are {', '.join(COMMANDS)}."
    return f"There is no command {name!r}{mend}"
