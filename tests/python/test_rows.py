"""Rows of every kind: in place where they can be, by name where they have names."""
# SPDX-License-Identifier: Apache-2.0
import warnings

import numpy
import pandas
import pytest

import mle
from conftest import case


@pytest.fixture
def expected(iris, iris_rows):
    return iris.predict(iris_rows)


class OnlyDLPack:
    """What torch and others have, and no more."""

    def __init__(self, array):
        self._array = array

    def __dlpack__(self, **options):
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class OnlyColumns:
    """What every data frame has, and no more."""

    def __init__(self, columns):
        self._columns = columns
        self.columns = list(columns)

    def __getitem__(self, name):
        return self._columns[name]


def test_rows_that_lie_well_are_read_in_place(iris, iris_rows, expected, monkeypatch):
    # What converts is not asked at all.
    monkeypatch.setattr("mle._rows.ask", lambda *_: pytest.fail("rows were converted"))
    wide = numpy.zeros((len(iris_rows), 9), numpy.float32)
    wide[:, 3:7] = iris_rows
    read_only = iris_rows.copy()
    read_only.flags.writeable = False
    for rows in (iris_rows, wide[:, 3:7], read_only, memoryview(iris_rows)):
        assert iris.predict(rows).tobytes() == expected.tobytes()
    assert iris.predict(iris_rows[::2]).tobytes() == expected[::2].tobytes()
    assert iris.predict(iris_rows.astype(float)).tobytes() == expected.tobytes()


def test_a_tensor_of_dlpack_is_not_copied(iris, iris_rows, expected, monkeypatch):
    import mle._rows
    seen = []
    dense = mle._rows._dense
    monkeypatch.setattr("mle._rows._dense", lambda array: seen.append(dense(array)) or seen[-1])
    assert iris.predict(OnlyDLPack(iris_rows)).tobytes() == expected.tobytes()
    assert seen[0].ctypes.data == iris_rows.ctypes.data
    assert numpy.from_dlpack(iris.predict(iris_rows)).tobytes() == expected.tobytes()


def test_rows_of_other_kinds_are_converted(iris, iris_rows, expected):
    import scipy.sparse
    for rows in (iris_rows.tolist(), iris_rows[:, ::-1][:, ::-1], numpy.asfortranarray(iris_rows),
                 iris_rows.astype(">f4"), iris_rows.astype(object), scipy.sparse.csr_matrix(iris_rows),
                 pandas.DataFrame(iris_rows), tuple(map(tuple, iris_rows.tolist()))):
        assert iris.predict(rows).tobytes() == expected.tobytes()
    whole = numpy.round(iris_rows)
    for dtype in (numpy.int64, numpy.uint8, numpy.float16):
        assert iris.predict(whole.astype(dtype)).tobytes() == iris.predict(whole).tobytes()


def test_columns_go_by_name(iris, iris_rows, expected):
    columns = {name: iris_rows[:, i] for i, name in enumerate(iris.feature_names_in_)}
    backwards = dict(reversed(columns.items()))
    frame = pandas.DataFrame(backwards)
    structured = numpy.array(list(map(tuple, iris_rows[:, ::-1])),
                             dtype=[(name, "f4") for name in backwards])
    for rows in (columns, backwards, frame, OnlyColumns(backwards), structured,
                 frame.to_dict(orient="records")):
        assert iris.predict(rows).tobytes() == expected.tobytes()
    assert iris.predict(frame.iloc[:0]).shape == (0, 3)


def test_a_missing_column_is_named_and_others_are_ignored_with_one_warning(iris_path, iris_rows):
    model = mle.load(iris_path)
    frame = pandas.DataFrame(iris_rows, columns=model.feature_names_in_)
    with pytest.raises(mle.InvalidArgument, match="'petal width' is missing") as caught:
        model.predict(frame.drop(columns="petal width"))
    assert caught.value.rule == "T304"
    with pytest.warns(UserWarning, match="species"):
        model.predict(frame.assign(species="?"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(frame.assign(species="?"))


def test_missing_numbers_are_nan(iris, iris_rows):
    rows = iris_rows.copy()
    rows[1, 2] = numpy.nan
    frame = pandas.DataFrame(iris_rows, columns=iris.feature_names_in_).astype("Float64")
    frame.iloc[1, 2] = pandas.NA
    objects = iris_rows.astype(object)
    objects[1, 2] = None
    for same in (frame, objects):
        assert iris.predict(same).tobytes() == iris.predict(rows).tobytes()


def test_several_inputs_go_by_name():
    model, inputs, outputs, _ = case("onnx_two_inputs")
    assert len(model.inputs) == 2
    name = model.outputs[0].name
    answers = model.run(dict(reversed(inputs.items())))
    assert numpy.abs(answers[name] - outputs[name]).max() < 1e-4
    assert set(model.run(inputs, outputs=[name])) == {name}
    first = model.inputs[0].name
    with pytest.raises(mle.InvalidArgument, match=first):
        model.run({key: value for key, value in inputs.items() if key != first})
