#!/usr/bin/env python3
"""Writes the workloads that speed is judged by, as weights with their architecture beside them.

usage: workloads.py FOLDER [NAME...]

NAME.safetensors and NAME.json for each of W1 to W7: what mle-convert takes with --arch. Weights are a
block of random floats over and over: times do not depend on them.
"""
# SPDX-License-Identifier: Apache-2.0
import array
import json
import pathlib
import random
import struct
import sys

WIDTHS = {"W1": [40, 256, 128, 1], "W2": [784, 128, 64, 10], "W3": [100, 1], "W4": [30, 2],
          "W5": [1024, 4096, 4096, 1000], "W6": [2048, 10], "W7": [100, 128, 64, 32, 1]}
SOFTMAX = {"W2", "W4", "W6"}
BLOCK = 1 << 16  # floats


def write(folder, name, block):
    layers, header, parts, at = [], {}, [], 0
    widths = WIDTHS[name]
    for i, (k, n) in enumerate(zip(widths, widths[1:])):
        if i:
            layers.append({"op": "relu"})
        layers.append({"op": "linear", "weight": f"l{i}.weight", "bias": f"l{i}.bias"})
        scale = (2 / k) ** 0.5
        for role, shape in (("weight", [n, k]), ("bias", [n])):
            count = shape[0] * (shape[1] if len(shape) > 1 else 1)
            header[f"l{i}.{role}"] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + 4 * count]}
            at += 4 * count
            parts.append((count, scale, i + 1))
    if name in SOFTMAX:
        layers.append({"op": "softmax"})
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / f"{name}.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for count, scale, layer in parts:
            scaled = array.array("f", (x * scale for x in block))
            scaled[0] = scale * layer / len(widths)  # equal layers would be stored once
            while count:
                scaled[:min(count, BLOCK)].tofile(file)
                count -= min(count, BLOCK)
    (folder / f"{name}.json").write_text(json.dumps({"layers": layers}) + "\n", encoding="utf-8")


def main():
    names = sys.argv[2:] or list(WIDTHS)
    if len(sys.argv) < 2 or set(names) - set(WIDTHS):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    source = random.Random(1)
    block = array.array("f", (source.gauss(0, 1) for _ in range(BLOCK)))
    for name in names:
        write(folder, name, block)


if __name__ == "__main__":
    main()
