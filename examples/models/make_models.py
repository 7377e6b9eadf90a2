#!/usr/bin/env python3
"""Trains the two models of this folder and writes them as ONNX, with a few rows and their answers.

Needs scikit-learn (data sets and training) and onnx (the file). The rows are some the model did not
see in training; the answers are scikit-learn's own, in double precision. Run it in this folder.
"""
# SPDX-License-Identifier: Apache-2.0
import csv

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

ROWS = 12


def to_onnx(name, scaler, network):
    """(x - mean) / scale, then Gemm and Relu per layer, Softmax at the end: one graph, batch free."""
    nodes, constants = [], []

    def constant(label, array):
        constants.append(numpy_helper.from_array(np.asarray(array, np.float32), label))
        return label

    nodes.append(helper.make_node("Sub", ["X", constant("mean", scaler.mean_)], ["centred"], "centre"))
    nodes.append(helper.make_node("Div", ["centred", constant("scale", scaler.scale_)], ["scaled"], "scale"))
    value = "scaled"
    last = len(network.coefs_) - 1
    for i, (weight, bias) in enumerate(zip(network.coefs_, network.intercepts_)):
        layer = f"layer{i}"
        nodes.append(helper.make_node(
            "Gemm", [value, constant(f"{layer}.weight", weight), constant(f"{layer}.bias", bias)],
            [f"{layer}.sum"], layer))
        activation, value = ("Softmax", "probabilities") if i == last else ("Relu", f"{layer}.out")
        nodes.append(helper.make_node(activation, [f"{layer}.sum"], [value], f"{layer}.{activation.lower()}"))
    width, classes = network.coefs_[0].shape[0], network.coefs_[-1].shape[1]
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["N", width])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", classes])], constants)
    model = helper.make_model(graph, producer_name="make_models.py", ir_version=8,
                              opset_imports=[helper.make_opsetid("", 13)])
    onnx.checker.check_model(model)
    onnx.save(model, f"{name}.onnx")


def write_csv(path, header, rows, number):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows([[number(value) for value in row] for row in rows])


def train(name, data, columns, classes, hidden):
    x = data.data.astype(np.float32)
    x_train, x_test, y_train, y_test = train_test_split(x, data.target, random_state=0, stratify=data.target)
    scaler = StandardScaler().fit(x_train)
    network = MLPClassifier(hidden, alpha=1e-3, max_iter=2000, random_state=0)
    network.fit(scaler.transform(x_train), y_train)
    accuracy = network.score(scaler.transform(x_test), y_test)
    print(f"{name}: {accuracy:.1%} of {len(x_test)} rows not seen in training")

    to_onnx(name, scaler, network)
    rows = x_test[:ROWS]
    answers = network.predict_proba((rows.astype(np.float64) - scaler.mean_) / scaler.scale_)
    write_csv(f"{name}_rows.csv", columns, rows, lambda v: str(v).removesuffix(".0"))
    write_csv(f"{name}_expected.csv", classes, answers, lambda v: f"{v:.9e}")


if __name__ == "__main__":
    train("iris", load_iris(), ["sepal_length", "sepal_width", "petal_length", "petal_width"],
          ["setosa", "versicolor", "virginica"], (16, 16))
    train("digits", load_digits(), [f"pixel_{r}_{c}" for r in range(8) for c in range(8)],
          [str(digit) for digit in range(10)], (128, 64))
