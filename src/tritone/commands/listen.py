"""`tritone listen`: a blind listening test, from its plan to what was heard."""

import shlex
from argparse import Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from tritone.commands import listen_analyse, listen_plan
from tritone.commands.parser import CommandParser, whole


def main(argv: Sequence[str]) -> int:
    """Which is better? Let people tell who do not know what they hear: plan a test of sounds side by side, serve it to
    their browsers, and analyse what they said.
    """
    if argv and argv[0] in VERBS:
        make, run = VERBS[argv[0]]
        return run(make().parse(argv[1:]), shlex.join(("tritone", "listen", *argv)))
    usages = "".join(make().format_usage() for make, _ in VERBS.values())
    parser = CommandParser("listen", main.__doc__)
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = f"{usages}\n`tritone listen VERB --help` says more."
    parser.add_argument("verb", choices=tuple(VERBS), help="what to do")
    parser.parse(argv)
    return 0


def _serving() -> CommandParser:
    parser = CommandParser("listen serve", "Let listeners in: a web page for their browsers, until Ctrl-C.")
    parser.add_argument("test", type=Path, metavar="TEST", help="the folder of the test; answers go into it too")
    parser.add_argument(
        "--host", default="127.0.0.1", help="who may come: 127.0.0.1 this machine alone (default), 0.0.0.0 everybody "
        "who reaches it and knows the token"
    )  # fmt: skip
    parser.add_argument("--port", type=whole(0, 65535), default=8765, metavar="N", help="where (default 8765)")
    parser.add_argument("--token", help="what the address must hold where others may come (default: a random one)")
    parser.add_argument("--open", action="store_true", help="open the page in a browser here")
    return parser


def _serve(args: Namespace, command: str) -> int:
    from tritone.judge.listen.server import serve

    serve(args.test, host=args.host, port=args.port, token=args.token, open_browser=args.open)
    return 0


def _exporting() -> CommandParser:
    parser = CommandParser("listen export", "Take a test elsewhere.")
    parser.add_argument("test", type=Path, metavar="TEST", help="the folder of the test")
    parser.add_argument(
        "--to", required=True, choices=("page", "webmushra"), help="page: one file that needs no server and gives the "
        "answers as a download; webmushra: settings and sounds for webMUSHRA"
    )  # fmt: skip
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where it goes")
    return parser


def _export(args: Namespace, command: str) -> int:
    if args.to == "page":
        from tritone.judge.listen.static import write_static

        print(write_static(args.test, args.out))
        return 0
    from tritone.commands.screen import print_paths
    from tritone.judge.listen.webmushra import export_webmushra

    print_paths(export_webmushra(args.test, args.out))
    return 0


VERBS = {
    "plan": (listen_plan.parser, listen_plan.run),
    "serve": (_serving, _serve),
    "analyse": (listen_analyse.parser, listen_analyse.run),
    "export": (_exporting, _export),
}
"""What makes the options of a verb, and what runs it."""
