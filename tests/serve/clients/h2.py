"""Bare HTTP/2 for tests: frames made by hand, so that what goes into one write is the test's to say."""
# SPDX-License-Identifier: Apache-2.0
import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def frame(kind, flags, stream, body=b""):
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body


def literal(name, value, keep):
    """A header in plain text: kept in the other side's table or not."""
    size = lambda text: bytes([len(text)]) if len(text) < 127 else b"\x7f" + bytes([len(text) - 127])
    return (b"\x40" if keep else b"\0") + size(name) + name + size(value) + value


def headers(path, first):
    """Of a call; those after the first of a connection name the other's table, as clients do."""
    if not first:
        return b"\x83\x86\xc1\xc0\xbf\xbe"
    return b"\x83\x86" + b"".join(literal(*each, True) for each in (
        (b":path", path.encode()), (b":authority", b"a"), (b"content-type", b"application/grpc"), (b"te", b"trailers")))


def message(body):
    return b"\0" + struct.pack(">I", len(body)) + body


class Connection:
    """Settings are exchanged; calls are the caller's. Streams are 1, 3, 5, ...

    `window`: how much of an answer the server may send before it is told to go on, which it never is."""

    def __init__(self, address, window=2**31 - 1):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wide = struct.pack(">HI", 4, window)
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0, wide) +
                            frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 2**31 - 1 - 65535)))
        self.heard, self.next_stream = b"", 1
        self.first_window, self.windows, self.ended = 65535, {0: 65535}, set()
        while self.read()[:2] != (SETTINGS, 0):
            pass
        self.socket.sendall(frame(SETTINGS, ACK, 0))

    def call(self, path, body):
        """The frames of one call, whole."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        return (frame(HEADERS, END_HEADERS, stream, headers(path, stream == 1)) +
                frame(DATA, END_STREAM, stream, message(body)))

    def send(self, stream, data, flags=0):
        """Data of a stream as the server's windows allow; False where it ended the stream instead."""
        self.windows.setdefault(stream, self.first_window)
        while data and stream not in self.ended:
            size = min(len(data), 16384, self.windows[0], self.windows[stream])
            if size <= 0:
                self.read()
                continue
            for each in (0, stream):
                self.windows[each] -= size
            self.socket.sendall(frame(DATA, flags if size == len(data) else 0, stream, data[:size]))
            data = data[size:]
        return stream not in self.ended

    def begin(self, path):
        """The headers of a call, sent."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.socket.sendall(frame(HEADERS, END_HEADERS, stream, headers(path, stream == 1)))
        return stream

    def note(self, kind, flags, stream, body):
        """Windows, and which streams are over."""
        if kind == WINDOW_UPDATE:
            self.windows[stream] = self.windows.get(stream, self.first_window) + int.from_bytes(body, "big")
        elif kind == SETTINGS and not flags & ACK:
            for at in range(0, len(body), 6):
                name, value = struct.unpack(">HI", body[at:at + 6])
                if name == 4:
                    for each in self.windows.keys() - {0}:
                        self.windows[each] += value - self.first_window
                    self.first_window = value
        elif kind == RST_STREAM or kind in (DATA, HEADERS) and flags & END_STREAM:
            self.ended.add(stream)
        elif kind == PING and not flags & ACK:
            self.socket.sendall(frame(PING, ACK, 0, body))

    def read(self):
        """The next frame: kind, flags, stream, body."""
        while len(self.heard) < 9 or len(self.heard) < 9 + int.from_bytes(self.heard[:3], "big"):
            more = self.socket.recv(1 << 16)
            if not more:
                raise EOFError("the server hung up")
            self.heard += more
        size = int.from_bytes(self.heard[:3], "big")
        kind, flags, stream = self.heard[3], self.heard[4], int.from_bytes(self.heard[5:9], "big")
        body, self.heard = self.heard[9:9 + size], self.heard[9 + size:]
        self.note(kind, flags, stream, body)
        return kind, flags, stream, body

    def answers(self, count):
        """The messages of so many calls, by their stream, once all have ended."""
        said, ended = {}, 0
        while ended < count:
            kind, flags, stream, body = self.read()
            if kind == DATA:
                said[stream] = said.get(stream, b"") + body
            ended += kind in (DATA, HEADERS) and flags & END_STREAM
        return {stream: body[5:] for stream, body in said.items()}

    def close(self):
        self.socket.close()
