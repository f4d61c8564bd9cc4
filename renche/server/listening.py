"""The port that a server will listen on, looked at before anything else is begun."""

import socket


class NotListening(Exception):
    """The address cannot be listened on; the message says why and what to do."""


def bound(host: str, port: int) -> list[socket.socket]:
    """A socket for each address that the host has, bound to the port; 0 takes a free one.

    They do not listen yet, since nobody is let in before the server can answer; so two servers that begin at once may
    both have the port until then. Raises NotListening.
    """
    taken: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            one = socket.socket(family, kind, protocol)
            taken.append(one)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(address)
    except OSError as error:
        for each in taken:
            each.close()
        why = error.strerror or error
        raise NotListening(f"Cannot listen on {host}:{port}: {why}. Choose another --host or --port.") from error
    return taken
