"""Names of this machine: which of them only it can use, and which others can."""

import ipaddress
import socket


def is_local(host: str) -> bool:
    """Whether a name or address means this machine to itself alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def web_address(host: str, port: int, token: str) -> str:
    """What to open in a browser to reach a server that was bound to `host`."""
    shown = _own_address() if host in ("0.0.0.0", "::", "") else host
    name = f"[{shown}]" if ":" in shown else shown
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")


def _own_address() -> str:
    """The address under which others on the network find this machine; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737)
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()
