"""Stands between two programs, and can be a broken line."""

import socket
from contextlib import suppress
from enum import Enum, auto
from threading import Thread


class Line(Enum):
    GOOD = auto()
    BLACK_HOLE = auto()  # takes connections and everything that is sent, and nothing comes of it
    REFUSES = auto()  # nobody listens there


class Proxy:
    """A TCP line from `port` to another port. Setting `line` holds for connections that are open as well."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.line = Line.GOOD
        self.connections = 0
        self._listening = self._listen(0)
        self.port = int(self._listening.getsockname()[1])

    def refuse(self) -> None:
        """As if the program behind it ended."""
        self.line = Line.REFUSES
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def mend(self) -> None:
        if self.line is Line.REFUSES:
            self._listening = self._listen(self.port)
        self.line = Line.GOOD

    def _listen(self, port: int) -> socket.socket:
        listening = socket.create_server(("127.0.0.1", port), backlog=256)
        Thread(target=self._accept, args=(listening,), daemon=True).start()
        return listening

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _address = listening.accept()
            except OSError:
                return
            self.connections += 1
            Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._target)) as server:
            back = Thread(target=self._carry, args=(server, client), daemon=True)
            back.start()
            self._carry(client, server)
            back.join()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                match self.line:
                    case Line.GOOD:
                        sink.sendall(data)
                    case Line.REFUSES:
                        break
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
