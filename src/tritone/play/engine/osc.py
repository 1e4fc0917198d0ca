"""Controls over OSC: `/tritone/offset 0 1.5`, or `/offset/0 1.5`."""

import threading
from collections.abc import Callable
from typing import Any

from tritone.errors import UserError
from tritone.play.engine.desk import Desk, Word

LOCAL = "127.0.0.1"
ANSWER = "/tritone/answer"


class OscServer:
    """Listens on a UDP port and applies what comes; answers refusals and questions (`/tritone/status`) to the sender.

    Entered, it listens. `address` is PORT or HOST:PORT; without a host only this machine is heard. UserError where the
    port is taken, the address wrong, or python-osc missing.
    """

    def __init__(self, desk: Desk, address: str) -> None:
        host, port = _address(address)
        self._desk = desk
        try:
            self._server = _server(host, port, self._heard)
        except OSError as error:
            raise UserError(
                f"--osc {address} cannot be listened on ({error.strerror or error}); choose another port."
            ) from error
        self.host, self.port = host, int(self._server.server_address[1])
        """Where it listens."""

    def __enter__(self) -> "OscServer":
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="tritone-osc", daemon=True
        )  # fmt: skip
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _heard(self, address: str, *values: Any) -> tuple[str, str] | None:
        words = words_of(address, values)
        try:
            answer = self._desk.apply(words)
        except UserError as error:
            return ANSWER, str(error)
        return None if len(words) > 1 else (ANSWER, answer)


def _server(host: str, port: int, heard: Callable[..., tuple[str, str] | None]) -> Any:
    try:
        from pythonosc.dispatcher import Dispatcher
        from pythonosc.osc_server import BlockingOSCUDPServer
    except ImportError as error:
        raise UserError("--osc needs python-osc; run `pip install 'tritone[realtime]'`.") from error

    class Server(BlockingOSCUDPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """What is no OSC is not answered."""

    dispatcher = Dispatcher(strict_timing=False)
    dispatcher.set_default_handler(heard)
    return Server((host, port), dispatcher)


def words_of(address: str, values: tuple[Any, ...]) -> list[Word]:
    """An OSC message as words: the parts of the address, without a leading `tritone`, then its values."""
    parts = [part for part in address.split("/") if part]
    if parts and parts[0].lower() == "tritone":
        del parts[0]
    plain = [value if isinstance(value, str | float | int | bool) else repr(value) for value in values]
    return [*parts, *plain]


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or len(port) > 5 or int(port) > 65_535:
        raise UserError(f"--osc takes PORT or HOST:PORT, not {text}.")
    return host or LOCAL, int(port)
