#!/usr/bin/env python3
"""Converts a file of large weights and watches what that takes.

usage: large_weights_test.py MLE_CONVERT WIDTH,WIDTH,... [--user-seconds S]

Makes a safetensors file of linear layers with ReLU between them. While mle-convert runs, its own
memory (RssAnon of /proc/PID/status) may not exceed 64 MiB, and at no time its resident set the size
of the output by more than that. With --user-seconds its user time without golden rows has a bound,
too. Prints what it saw.
"""
# SPDX-License-Identifier: Apache-2.0
import array
import json
import os
import random
import resource
import struct
import sys
import tempfile
import threading
import time

ALLOWED = 64 << 20
BLOCK = 1 << 18  # floats


def write_weights(path, widths):
    """Layers of different weights, a block of random floats over and over."""
    source = random.Random(1)
    block = array.array("f", (source.gauss(0, 1) for _ in range(BLOCK)))
    header, layers, at = {}, [], 0
    for i, (k, n) in enumerate(zip(widths, widths[1:])):
        for role, shape in (("weight", [n, k]), ("bias", [n])):
            size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
            header[f"l{i}.{role}"] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
            at += size
        layers += [{"op": "relu"}] if i else []
        layers.append({"op": "linear", "weight": f"l{i}.weight", "bias": f"l{i}.bias"})
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for i, (k, n) in enumerate(zip(widths, widths[1:])):
            scale = (2 / k) ** 0.5
            scaled = array.array("f", (x * scale for x in block))
            left = n * k + n
            scaled[0] = scale * (i + 1) / len(widths)  # equal layers would be stored once
            while left:
                part = scaled[:min(left, BLOCK)]
                part.tofile(file)
                left -= len(part)
    arch = path + ".json"
    with open(arch, "w", encoding="utf-8") as file:
        json.dump({"layers": layers}, file)
    return arch


class Watch(threading.Thread):
    """The largest RssAnon of a process, looked at every few milliseconds."""

    def __init__(self, pid):
        super().__init__()
        self.status, self.worst = f"/proc/{pid}/status", 0

    def run(self):
        while True:
            try:
                with open(self.status, encoding="ascii") as file:
                    lines = [line for line in file if line.startswith("RssAnon")]
            except OSError:
                return
            if not lines:  # it has ended
                return
            self.worst = max(self.worst, int(lines[0].split()[1]) * 1024)
            time.sleep(0.002)


def run(command):
    """Exit status, user seconds, largest resident set, largest RssAnon."""
    pid = os.posix_spawn(command[0], command, os.environ)
    watch = Watch(pid)
    watch.start()
    watch.join()
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime, usage.ru_maxrss * 1024, watch.worst


def main():
    if len(sys.argv) not in (3, 5):
        print(__doc__, file=sys.stderr)
        return 2
    convert, widths = sys.argv[1], [int(width) for width in sys.argv[2].split(",")]
    most_seconds = float(sys.argv[4]) if len(sys.argv) == 5 else None
    bad = []
    with tempfile.TemporaryDirectory() as folder:
        source, made = os.path.join(folder, "w.safetensors"), os.path.join(folder, "w.mle")
        command = [convert, source, "--arch", write_weights(source, widths), "-o", made]
        code, seconds, resident, own = run(command)
        if code != 0:
            return code
        size = os.path.getsize(made)
        print(f"{os.path.getsize(source)} bytes became {size}: {seconds:.2f} s of user time, "
              f"{own >> 20} MiB of its own, {max(resident - size, 0) >> 20} MiB beyond the output")
        if own > ALLOWED or resident > size + ALLOWED:
            bad.append("more than 64 MiB beside the output")
        if most_seconds is not None:
            code, seconds, _, _ = run(command + ["--golden", "0"])
            print(f"without golden rows: {seconds:.2f} s of user time")
            if code != 0 or seconds > most_seconds:
                bad.append(f"more than {most_seconds} s")
    print("; ".join(bad) or "as promised")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
