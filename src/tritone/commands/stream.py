"""`tritone stream`: play a model live, or a file as it would sound live."""

import json
import sys
from argparse import BooleanOptionalAction, Namespace
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from tritone.commands.parser import CommandParser, number, whole
from tritone.errors import UserError

if TYPE_CHECKING:
    from tritone.play.engine.desk import Desk
    from tritone.play.engine.player import Player

MOST_BLOCK = 1 << 20


def main(argv: Sequence[str]) -> int:
    """Play a model live: sound card, file or test signal in, through the model, sound card or file out.

    While it plays, lines typed turn the latent: `offset 0 1.5`, `fidelity 0.9`, `help`.
    """
    args = _parser().parse(argv)
    if args.devices or args.midi == "list":
        return _list(args)
    if args.run is None:
        raise UserError("Name a run folder, as in `tritone stream my-run`, or ask for --devices.")
    from tritone.play.engine.stream import Stream, Wiring, sentences
    from tritone.training.interrupts import Interrupts

    wiring = Wiring(
        input=args.input, output=args.output, seconds=args.seconds, loop=args.loop, realtime=args.realtime,
        keep_latency=args.keep_latency, bits=args.bits, block=args.block, spare_steps=args.spare, seed=args.seed,
    )  # fmt: skip
    player, described = _player(args)
    left = Event()
    with Interrupts() as interrupts, ExitStack() as open_until_the_end:
        stream = Stream(
            player, wiring, announce=lambda latency: _announce(args, player, described, latency),
            stopping=lambda: left.is_set() or interrupts.received is not None,
        )  # fmt: skip
        if stream.mixed_down:
            _show(f"{args.input} has several channels, the model one: they are averaged.")
        _listen(args, player.desk, open_until_the_end, left.set, wiring.driven)
        report = stream.run()
    report |= {"engine": described} | ({"written": args.output} if wiring.to_file else {})
    if args.json:
        print(json.dumps(report, indent=1))
        return 0
    print("\n".join(sentences(report)), file=sys.stderr)
    if wiring.to_file:
        print(args.output)
    return 0


def _parser() -> CommandParser:
    parser = CommandParser("stream", main.__doc__)
    parser.add_argument(
        "run", nargs="?", type=Path, metavar="RUN", help="folder of a run, or of one of its checkpoints"
    )
    parser.add_argument("--checkpoint", default="latest", help="latest, best or a step (default latest)")
    ends = parser.add_argument_group("ends")
    ends.add_argument(
        "--input", default="device", help="FILE, sine, noise, silence, device or device:NAME (default device)"
    )
    ends.add_argument("--output", default="device", help="FILE, none, device or device:NAME (default device)")
    ends.add_argument("--seconds", type=number(above=True), metavar="T", help="so much input (default: to its end)")
    ends.add_argument("--loop", action="store_true", help="repeat the input file")
    ends.add_argument("--realtime", action="store_true", help="file to file: paced by the clock, with dropouts counted")
    ends.add_argument("--keep-latency", action="store_true", help="write the file as late as it was heard")
    ends.add_argument("--bits", choices=("24", "float"), default="24", help="samples in the file (default 24)")
    ends.add_argument("--devices", action="store_true", help="list the sound devices")
    _add_playing_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


def _add_playing_arguments(parser: CommandParser) -> None:
    engine = parser.add_argument_group("engine")
    engine.add_argument(
        "--block", type=whole(1, MOST_BLOCK), default=2048, metavar="N", help="samples a block (default 2048)"
    )
    engine.add_argument("--engine", choices=("auto", "torch", "onnx", "openvino"), default="auto",
                        help="what computes; auto measures those there are (default auto)")  # fmt: skip
    engine.add_argument("--precision", choices=("auto", "float32", "bf16", "int8"), default="auto",
                        help="of what computes; auto measures (default auto)")  # fmt: skip
    engine.add_argument("--threads", type=whole(1), default=1, metavar="N", help="threads that compute (default 1)")
    engine.add_argument(
        "--spare", type=whole(0, 64), default=0, metavar="N", help="so many blocks more latency against dropouts"
    )
    latent = parser.add_argument_group("latent")
    keep = latent.add_mutually_exclusive_group()
    keep.add_argument("--dims", type=whole(1), metavar="N", help="keep exactly the N strongest axes")
    keep.add_argument(
        "--fidelity", type=number(), metavar="F", help="keep as many as hold this share of variance, 0 to 1"
    )
    latent.add_argument("--set", action="append", default=[], metavar="WORDS",
                        help="a control at the start, as in --set 'offset 0 1.5'; may be given again")  # fmt: skip
    latent.add_argument("--seed", type=whole(), default=0, metavar="S", help="decides everything random (default 0)")
    latent.add_argument("--noise", action=BooleanOptionalAction, default=True, help="hear the model's noise branch")
    latent.add_argument(
        "--style", type=Path, metavar="AUDIO", help="a sound to take the style of (vae-v3), as reconstruct does"
    )
    live = parser.add_argument_group("live control")
    live.add_argument("--osc", metavar="PORT", help="listen to OSC; PORT for this machine alone, or HOST:PORT")
    live.add_argument(
        "--midi", metavar="NAME", help="listen to the MIDI input of this name; list shows those there are"
    )
    live.add_argument(
        "--cc", metavar="MAP", help="what MIDI controls turn, as in 1=scale,21=offset.0, or a file of that"
    )


def _player(args: Namespace) -> tuple["Player", dict[str, Any]]:
    """The model on its engine, warm, and the engine described."""
    from tritone.play.engine.open import open_player
    from tritone.play.engine.style import known_style
    from tritone.play.load import load, require

    model = load(args.run, args.checkpoint)
    require(model, "stream", args.run)
    player = open_player(
        model, engine=args.engine, precision=args.precision, block=args.block, threads=args.threads, noise=args.noise,
        dims=args.dims, fidelity=args.fidelity, seed=args.seed, words=[line.split() for line in args.set],
        style=None if args.style is None else known_style(model, args.style, args.input, args.run),
    )  # fmt: skip
    del model  # the engine has its own copy of the weights
    return player, player.engine.describe() | {"step_ms": round(player.warm_up()["p50_ms"], 3)}


def _announce(args: Namespace, player: "Player", described: dict[str, Any], latency: dict[str, float]) -> None:
    """On standard error, where it does not mix with the report: what plays, and how late."""
    rate, lasts = player.rate, 1000 * player.step / player.rate
    plain = [f"{name} {value}" for name, value in described.items() if name not in ("why", "latency_samples")]
    _show(f"{args.run}: {', '.join(plain)}")
    if "why" in described:
        _show(f"Chosen: {described['why']}.")
    samples = {name: latency[f"{name}_samples"] for name in ("model", "buffer", "device")}
    parts = " + ".join(f"{name} {each} ({1000 * each / rate:.1f} ms)" for name, each in samples.items())
    if latency["buffer_samples"] and described["step_ms"] > lasts:
        _show(f"A block takes {described['step_ms']:.1f} ms and lasts {lasts:.1f}: this machine cannot keep up so.")
    _show(f"Latency {latency['total_ms']:.1f} ms at {rate} Hz, in samples: {parts}.")


def _show(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")  # in one piece: the terminal's thread speaks here too
    sys.stderr.flush()


def _listen(args: Namespace, desk: "Desk", until: ExitStack, leave: Callable[[], None], driven: bool) -> None:
    """Open what was asked for to turn the controls; all is closed at the end of the stream."""
    from tritone.play.engine.midi import open_midi, read_map
    from tritone.play.engine.osc import OscServer
    from tritone.play.engine.terminal import Terminal, standard_input

    if args.osc:
        server = until.enter_context(OscServer(desk, args.osc))
        _show(f"OSC: udp {server.host}:{server.port}, as in /tritone/offset 0 1.5")
    if args.midi:
        until.callback(open_midi(args.midi, desk, read_map(args.cc, desk.latent), _show).close)
    elif args.cc:
        raise UserError("--cc says what MIDI controls turn; name the input with --midi.")
    descriptor = standard_input()
    if (driven or args.realtime) and descriptor is not None:
        Terminal(desk, leave, descriptor=descriptor, show=_show).start()
        _show("Type `help` for the controls, `quit` or Ctrl-C to end.")


def _list(args: Namespace) -> int:
    """The devices, or MIDI inputs, there are, one a line."""
    from tritone.play.engine.card import devices
    from tritone.play.engine.midi import midi_inputs

    there = devices() if args.devices else midi_inputs()
    print(json.dumps(there, indent=1) if args.json else "\n".join(there))
    return 0
