"""What is wrong is said: class, code, rule, what was wanted and what came, and the way out."""
# SPDX-License-Identifier: Apache-2.0
import pickle

import numpy
import pytest

import mle
from conftest import in_root


def refused(kind, rule, call, *args, **options):
    with pytest.raises(kind) as caught:
        call(*args, **options)
    assert caught.value.code == kind.__name__
    assert caught.value.rule == rule
    return caught.value


def test_a_wrong_shape_says_what_was_wanted_and_what_came(iris, iris_rows):
    error = refused(mle.InvalidArgument, "R112", iris.predict, iris_rows[:, :3])
    assert "(rows, 4)" in error.message and "(12, 3)" in error.message
    error = refused(mle.InvalidArgument, "R112", iris.predict, iris_rows[0])
    assert "X[None, :]" in error.hint
    refused(mle.InvalidArgument, "R112", iris.predict, iris_rows[None])
    refused(mle.InvalidArgument, "R112", iris.predict, 3.0)
    with pytest.raises(ValueError):
        iris.predict([[1, 2, 3, 4], [1, 2]])


def test_wrong_elements_are_named(iris, iris_rows):
    error = refused(mle.InvalidArgument, "R111", iris.predict, iris_rows.astype(str))
    assert "float32" in error.message
    refused(mle.InvalidArgument, "R111", iris.predict, iris_rows.astype(complex))
    refused(mle.InvalidArgument, "R111", iris.predict, [["a", "b", "c", "d"]])
    refused(mle.InvalidArgument, "R111", iris.predict, iris_rows.astype("M8[s]"))


def test_out_must_fit(iris, iris_rows):
    rows = len(iris_rows)
    read_only = numpy.zeros((rows, 3), numpy.float32)
    read_only.flags.writeable = False
    wrong = [(numpy.zeros((rows, 3)), "R112"), (numpy.zeros((rows + 1, 3), numpy.float32), "R112"),
             (numpy.zeros((rows, 3), numpy.float32, order="F"), "R112"), (read_only, "R111"),
             ([[0.0] * 3] * rows, "R111")]
    for out, rule in wrong:
        refused(mle.InvalidArgument, rule, iris.predict, iris_rows, out=out)
    refused(mle.InvalidArgument, "R106", iris.run, iris_rows, out={"no": read_only})
    both = numpy.zeros((rows, 7), numpy.float32)
    error = refused(mle.InvalidArgument, "R112", iris.predict, both[:, :4], out=both[:, 2:5])
    assert "memory of an input" in error.message
    assert not read_only.any()


def test_files_that_are_none_are_refused(tmp_path, iris_path):
    error = refused(mle.NotFound, "R101", mle.load, tmp_path / "no.mle")
    assert isinstance(error, FileNotFoundError) and "no.mle" in str(error)
    data = bytearray(iris_path.read_bytes())
    error = refused(mle.Corrupt, "V01", mle.loads, data[:50])
    assert error.hint and "hint: " in str(error) and "[V01]" in str(error)
    data[10] ^= 255
    with pytest.raises(mle.Corrupt) as caught:
        mle.loads(bytes(data))
    assert caught.value.rule.startswith("V")
    refused(mle.Corrupt, "V01", mle.loads, b"")


def test_options_that_make_no_sense_are_refused(iris_path):
    refused(mle.Unsupported, "R102", mle.load, iris_path, isa="mmx")
    refused(mle.InvalidArgument, "R103", mle.load, iris_path, threads=0)
    model = mle.load(iris_path)
    refused(mle.NotFound, "R105", model.run, numpy.zeros((1, 4)), entry="no")
    refused(mle.NotFound, "R106", model.run, numpy.zeros((1, 4)), outputs=["no"])
    with pytest.raises(AttributeError, match="predict_proba"):
        model.predict_proba([[0, 0, 0, 0]])
    with pytest.raises(TypeError):
        mle.Model()


def test_what_cannot_be_converted_is_refused_by_name(tmp_path):
    source = in_root("examples", "models", "iris.onnx")
    refused(mle.NotFound, "C202", mle.convert, tmp_path / "no.onnx")
    refused(mle.InvalidArgument, "C220", mle.convert, source, precision="f16")
    refused(mle.InvalidArgument, "C220", mle.convert, source, labels=["a", "b"])
    error = refused(mle.Unsupported, "C201", mle.convert, b"nothing that anybody knows")
    assert error.problems and error.problems[0][3] == "Unsupported"


def test_errors_travel_between_processes():
    with pytest.raises(mle.Corrupt) as caught:
        mle.loads(b"short")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is mle.Corrupt and str(again) == str(caught.value)
    assert (again.code, again.rule, again.hint) == ("Corrupt", "V01", caught.value.hint)
