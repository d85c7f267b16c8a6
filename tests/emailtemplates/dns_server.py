"""A real little DNS server for the tests, over UDP and TCP on this machine."""

import socketserver
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

SILENCE, SERVFAIL = "silence", "servfail"
# What fits in one packet that no network cuts up; more is asked for again over TCP.
LARGEST_PACKET = 1232


class DnsServer:
    """Answers with what stands in `texts` and `aliases`; a name in neither does not exist."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.aliases: dict[str, str] = {}
        self.trouble: dict[str, str] = {}  # by name: SILENCE or SERVFAIL
        self.asked: Counter[str] = Counter()
        self.port = 0

    def answer(self, packet: bytes, longest: int) -> bytes | None:
        """None: not a word."""
        query = dns.message.from_wire(packet)
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        self.asked[name] += 1
        response = dns.message.make_response(query, recursion_available=True)
        trouble = self.trouble.get(name)
        if trouble == SILENCE:
            return None
        if trouble == SERVFAIL:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response.to_wire()
        while name in self.aliases and len(response.answer) < 20:
            response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", f"{self.aliases[name]}."))
            name = self.aliases[name]
        if name in self.texts:
            if self.texts[name]:
                rows = [
                    " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255)) for text in self.texts[name]
                ]
                response.answer.append(dns.rrset.from_text_list(f"{name}.", 60, "IN", "TXT", rows))
        elif not response.answer:
            response.set_rcode(dns.rcode.NXDOMAIN)
        wire = response.to_wire()
        if len(wire) > longest:
            response.answer.clear()
            response.flags |= dns.flags.TC
            wire = response.to_wire()
        return wire


@contextmanager
def running() -> Iterator[DnsServer]:
    server = DnsServer()

    class OverUdp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            packet, sock = self.request
            if (wire := server.answer(packet, LARGEST_PACKET)) is not None:
                sock.sendto(wire, self.client_address)

    class OverTcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (length,) = struct.unpack("!H", self.rfile.read(2))
            if (wire := server.answer(self.rfile.read(length), 65535)) is not None:
                self.wfile.write(struct.pack("!H", len(wire)) + wire)

    # Of TCP first: there a port that nobody uses is rarer.
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), OverTcp) as tcp:
        server.port = tcp.server_address[1]
        with socketserver.ThreadingUDPServer(("127.0.0.1", server.port), OverUdp) as udp:
            for each in (udp, tcp):
                Thread(target=each.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            yield server
            for each in (udp, tcp):
                each.shutdown()
