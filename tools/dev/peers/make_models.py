# Writes the workloads of `script/bench peers`: per workload an ONNX model with a free batch, the same
# parameters as raw float32 and one row of input, and one table of shapes. Same seed, same bytes.
# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SEED = 20_250_101
# name, widths from input to output, softmax at the end; ReLU stands between the layers.
WORKLOADS = [
    ("W1", [40, 256, 128, 1], False),
    ("W2", [784, 128, 64, 10], True),
    ("W3", [100, 1], False),
    ("W4", [30, 2], True),
    ("W5", [1024, 4096, 4096, 1000], False),
    ("W6", [2048, 10], True),
    ("W7", [100, 128, 64, 32, 1], False),
]


def parameters(widths, generator):
    """(weights [in, out], bias [out]) per layer, scaled so that values keep their size."""
    for k, n in zip(widths, widths[1:]):
        weights = generator.standard_normal((k, n), dtype=np.float32) * np.float32((2.0 / k) ** 0.5)
        bias = generator.standard_normal(n, dtype=np.float32) * np.float32(0.1)
        yield weights, bias


def onnx_model(name, layers, softmax):
    nodes, initializers, value = [], [], "X"
    for i, (weights, bias) in enumerate(layers):
        # [out, in] with transB, as PyTorch's exporter leaves a Linear layer.
        initializers.append(numpy_helper.from_array(np.ascontiguousarray(weights.T), f"weight{i}"))
        initializers.append(numpy_helper.from_array(bias, f"bias{i}"))
        last = i + 1 == len(layers)
        out = "Y" if last and not softmax else f"gemm{i}"
        nodes.append(helper.make_node("Gemm", [value, f"weight{i}", f"bias{i}"], [out], transB=1))
        value = out
        if not last:
            nodes.append(helper.make_node("Relu", [value], [f"relu{i}"]))
            value = f"relu{i}"
    if softmax:
        nodes.append(helper.make_node("Softmax", [value], ["Y"], axis=-1))
    k, n = layers[0][0].shape[0], layers[-1][0].shape[1]
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["batch", k])],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, ["batch", n])],
        initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(SEED)
    lines = []
    for name, widths, softmax in WORKLOADS:
        layers = list(parameters(widths, generator))
        onnx.save(onnx_model(name, layers, softmax), folder / f"{name}.onnx")
        with open(folder / f"{name}.f32", "wb") as raw:
            for weights, bias in layers:
                raw.write(weights.astype("<f4").tobytes())
                raw.write(bias.astype("<f4").tobytes())
        row = generator.uniform(-1, 1, (1, widths[0])).astype("<f4")
        np.save(folder / f"{name}.npy", row)
        lines.append(" ".join([name, "softmax" if softmax else "linear", *map(str, widths)]))
    # Written last: where it stands, all models stand.
    (folder / "workloads.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
