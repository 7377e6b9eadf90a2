# Writes a model of one layer, 40→1: asked by the bytes of W1 and answered by as many, it costs next to
# nothing itself.
# usage: make_tiny.py MODEL.onnx
# SPDX-License-Identifier: Apache-2.0
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def main():
    weights = np.linspace(-1, 1, 40, dtype=np.float32).reshape(1, 40)
    node = helper.make_node("Gemm", ["X", "weight", "bias"], ["Y"], transB=1)
    graph = helper.make_graph(
        [node], "tiny",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["batch", 40])],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, ["batch", 1])],
        [numpy_helper.from_array(weights, "weight"),
         numpy_helper.from_array(np.zeros(1, np.float32), "bias")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              sys.argv[1])


if __name__ == "__main__":
    main()
