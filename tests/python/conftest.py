"""What the tests of the wheel share: models of examples/ and tests/cases, and rows for them."""
# SPDX-License-Identifier: Apache-2.0
import os

# Before numpy: its threads and those of the models would fight for the cores.
for _library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_library, "1")

import numpy  # noqa: E402
import pytest  # noqa: E402

import mle  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def in_root(*parts):
    return os.path.join(ROOT, *parts)


def case(name):
    """A model of tests/cases and what was recorded of it: (model, inputs, outputs, tolerances)."""
    folder = in_root("tests", "cases", name)
    recorded = numpy.load(os.path.join(folder, "expected.npz"))

    def arrays(prefix):
        return {key[len(prefix):]: recorded[key] for key in recorded if key.startswith(prefix)}
    inputs = arrays("in.")
    for column, missing in arrays("missing.").items():
        inputs[column] = numpy.where(missing, None, inputs[column].astype(object))
    model = mle.convert(os.path.join(folder, "model.onnx"))
    return model, inputs, arrays("out."), arrays("tol.")


@pytest.fixture(scope="session")
def iris():
    return mle.convert(in_root("examples", "models", "iris.onnx"),
                       features=["sepal length", "sepal width", "petal length", "petal width"],
                       labels=["setosa", "versicolor", "virginica"])


@pytest.fixture(scope="session")
def iris_rows():
    return numpy.loadtxt(in_root("examples", "models", "iris_rows.csv"), delimiter=",", skiprows=1,
                         dtype=numpy.float32)


@pytest.fixture
def iris_path(iris, tmp_path):
    path = tmp_path / "iris.mle"
    iris.save(path)
    return path
