# Writes the workloads of a folder that make_models.py filled once more, as LiteRT takes them: with the
# classes that its package generates from the schema. The batch is free.
# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema


class Writer:
    """A model of one subgraph, to which tensors and operators are added."""

    def __init__(self):
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.buffers = [schema.BufferT()]  # the first one is nobody's
        self.codes = []

    def tensor(self, name, shape, data=None):
        made = schema.TensorT()
        made.name, made.type, made.shape = name, schema.TensorType.FLOAT32, list(shape)
        made.buffer = 0
        if data is None:
            made.shapeSignature = [-1, *shape[1:]]
        else:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data, "<f4").tobytes(), np.uint8)
            made.buffer = len(self.buffers)
            self.buffers.append(buffer)
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def operator(self, builtin, inputs, output, kind, options):
        if builtin not in self.codes:
            self.codes.append(builtin)
        made = schema.OperatorT()
        made.opcodeIndex = self.codes.index(builtin)
        made.inputs, made.outputs = inputs, [output]
        made.builtinOptionsType, made.builtinOptions = kind, options
        self.graph.operators.append(made)

    def finish(self, first, last):
        self.graph.inputs, self.graph.outputs = [first], [last]
        model = schema.ModelT()
        model.version = 3
        model.subgraphs, model.buffers = [self.graph], self.buffers
        model.operatorCodes = []
        for builtin in self.codes:
            code = schema.OperatorCodeT()
            code.builtinCode = code.deprecatedBuiltinCode = builtin
            code.version = 1
            model.operatorCodes.append(code)
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def litert_model(widths, softmax, parameters):
    writer, at = Writer(), 0
    value = first = writer.tensor("X", [1, widths[0]])
    for i, (k, n) in enumerate(zip(widths, widths[1:])):
        weights = parameters[at:at + k * n].reshape(k, n).T
        bias = parameters[at + k * n:at + k * n + n]
        at += k * n + n
        out = writer.tensor(f"dense{i}", [1, n])
        options = schema.FullyConnectedOptionsT()
        relu = i + 2 < len(widths)
        options.fusedActivationFunction = getattr(schema.ActivationFunctionType, "RELU" if relu else "NONE")
        inputs = [value, writer.tensor(f"weights{i}", [n, k], weights), writer.tensor(f"bias{i}", [n], bias)]
        writer.operator(schema.BuiltinOperator.FULLY_CONNECTED, inputs, out,
                        schema.BuiltinOptions.FullyConnectedOptions, options)
        value = out
    if softmax:
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        out = writer.tensor("Y", [1, widths[-1]])
        writer.operator(schema.BuiltinOperator.SOFTMAX, [value], out, schema.BuiltinOptions.SoftmaxOptions, options)
        value = out
    return writer.finish(first, value)


def main():
    folder = pathlib.Path(sys.argv[1])
    for line in (folder / "workloads.txt").read_text().splitlines():
        name, end, *widths = line.split()
        parameters = np.fromfile(folder / f"{name}.f32", "<f4")
        made = litert_model([int(width) for width in widths], end == "softmax", parameters)
        (folder / f"{name}.tflite").write_bytes(made)


if __name__ == "__main__":
    main()
