"""A model as Python holds it: loading, asking, threads, processes, pickles."""
# SPDX-License-Identifier: Apache-2.0
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
import threading
import time

import numpy
import pytest

import mle
from conftest import case, in_root


def test_answers_are_those_that_the_framework_recorded(iris, iris_rows):
    expected = numpy.loadtxt(in_root("examples", "models", "iris_expected.csv"), delimiter=",",
                             skiprows=1)
    assert numpy.abs(iris.predict(iris_rows) - expected).max() < 1e-5


@pytest.mark.parametrize("name", sorted(
    name for name in os.listdir(in_root("tests", "cases"))
    if os.path.exists(in_root("tests", "cases", name, "model.onnx"))))
def test_cases_answer_as_recorded(name):
    model, inputs, outputs, tolerances = case(name)
    answers = model.run(inputs)
    assert set(answers) == set(outputs)
    for output, expected in outputs.items():
        answer = answers[output]
        if len(answer) != len(expected):  # a row of it is several of the source's
            answer = answer.reshape(-1, *answer.shape[2:])
        assert answer.shape == expected.shape
        if expected.dtype.kind != "f":
            assert (answer == expected).all()
            continue
        error = numpy.abs(answer.astype(float) - expected.astype(float))
        size = numpy.abs(expected).max(initial=0)
        assert (error <= 1e-5 * size + 4 * tolerances.get(output, 0)).all()


def test_axes_before_the_rows_are_kept_where_the_source_takes_them():
    model = mle.convert(in_root("tests", "cases", "torch_layer_norm", "model_module.pth"))
    rows = numpy.random.default_rng(1).standard_normal((6, 24)).astype("float32")
    plain = model.predict(rows)
    assert numpy.array_equal(model.predict(rows.reshape(2, 3, 24)), plain.reshape(2, 3, -1))
    assert numpy.array_equal(model.run({"x": rows.reshape(1, 6, 24)})["y"], plain[None])
    with pytest.raises(mle.InvalidArgument):
        model.predict(rows.reshape(6, 2, 12))


def test_loading_gives_what_was_saved(iris, iris_path, iris_rows):
    expected = iris.predict(iris_rows).tobytes()
    data = iris_path.read_bytes()
    assert data == iris.tobytes()
    for model in (mle.load(iris_path), mle.load(str(iris_path), verify=True), mle.loads(data),
                  mle.loads(memoryview(data)), mle.load(iris_path, isa=iris.isa)):
        assert model.predict(iris_rows).tobytes() == expected
        assert model.nbytes == len(data)
        assert model.tobytes() == data


def test_a_model_says_what_it_takes_and_gives(iris):
    assert iris.inputs == (mle.TensorSpec("X", "float32", (4,), True),)
    assert iris.outputs == (mle.TensorSpec("probabilities", "float32", (3,), True),)
    assert list(iris.entries) == ["iris"]
    assert iris.n_features_in_ == 4
    assert list(iris.feature_names_in_)[1] == "sepal width"
    assert list(iris.classes_) == ["setosa", "versicolor", "virginica"]
    assert not hasattr(iris, "predict_proba") and not hasattr(iris, "transform")
    assert "float32[4]" in repr(iris)


def test_out_is_written_in_place(iris, iris_rows):
    expected = iris.predict(iris_rows)
    out = numpy.zeros((len(iris_rows), 3), numpy.float32)
    assert iris.predict(iris_rows, out=out) is out
    assert out.tobytes() == expected.tobytes()
    apart = numpy.zeros((len(iris_rows), 8), numpy.float32)
    iris.predict(iris_rows, out=apart[:, 2:5])
    assert (apart[:, 2:5] == expected).all() and not apart[:, :2].any() and not apart[:, 5:].any()
    by_name = iris.run(iris_rows, out={"probabilities": out})
    assert by_name["probabilities"] is out


def test_whole_batches_rows_and_no_rows_agree(iris, iris_rows):
    together = iris.predict(iris_rows)
    alone = numpy.concatenate([iris.predict(row[None, :]) for row in iris_rows])
    assert together.tobytes() == alone.tobytes()
    assert iris.predict(iris_rows[:0]).shape == (0, 3)


def test_any_number_of_threads_may_ask(iris, iris_rows):
    expected = iris.predict(iris_rows).tobytes()
    wrong = []

    def ask():
        for _ in range(300):
            if iris.predict(iris_rows).tobytes() != expected:
                wrong.append(1)
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_interpreter_goes_on_while_a_model_computes():
    model, *_ = case("onnx_torch_odd_widths")
    name, _, shape, _ = model.inputs[0]
    rows = numpy.zeros((1_000_000,) + shape, numpy.float32)
    done = threading.Event()
    seconds = []

    def ask():
        begin = time.monotonic()
        model.run({name: rows})
        seconds.append(time.monotonic() - begin)
        done.set()
    thread = threading.Thread(target=ask)
    ticks = 0
    thread.start()
    # Each turn of the loop needs the interpreter; were it held, the loop would turn once or twice.
    while not done.is_set():
        ticks += 1
        done.wait(0.0005)
    thread.join()
    assert seconds[0] < 0.005 or ticks >= 4


def test_threads_of_a_session_change_no_bit(iris_path, iris_rows):
    rows = numpy.tile(iris_rows, (500, 1))
    expected = mle.load(iris_path).predict(rows).tobytes()
    assert mle.load(iris_path, threads=3).predict(rows).tobytes() == expected


def _ask_in_child(model, rows, queue):
    queue.put(model.predict(rows).tobytes())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("threads", [1, 3])
def test_a_forked_child_may_ask(iris_path, iris_rows, threads):
    model = mle.load(iris_path, threads=threads)
    rows = numpy.tile(iris_rows, (500, 1))
    expected = model.predict(rows).tobytes()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_ask_in_child, args=(model, rows, queue))
    child.start()
    assert queue.get(timeout=60) == expected
    child.join()
    assert child.exitcode == 0


def test_a_pickle_is_a_path_and_a_hash(iris_path, iris_rows):
    model = mle.load(iris_path, threads=2)
    data = pickle.dumps(model)
    assert len(data) < 400 and str(iris_path).encode() in data
    again = pickle.loads(data)
    assert again.path == str(iris_path)
    assert again.predict(iris_rows).tobytes() == model.predict(iris_rows).tobytes()


def test_a_pickle_refuses_another_file(iris_path, tmp_path):
    data = pickle.dumps(mle.load(iris_path))
    other = mle.convert(in_root("examples", "models", "digits.onnx"))
    other.save(iris_path)
    with pytest.raises(mle.Corrupt, match="another file"):
        pickle.loads(data)
    os.remove(iris_path)
    with pytest.raises(mle.NotFound):
        pickle.loads(data)


def test_what_lies_at_the_path_now_is_not_taken_for_what_was_loaded(iris_path):
    model = mle.load(iris_path)
    shutil.copy(in_root("examples", "models", "iris.onnx"), iris_path)
    for use in (lambda: pickle.dumps(model), model.tobytes):
        with pytest.raises(mle.NotFound, match="not the file any more"):
            use()


def test_a_model_in_memory_is_pickled_as_its_bytes(iris, iris_rows):
    again = pickle.loads(pickle.dumps(iris))
    assert again.path is None
    assert again.predict(iris_rows).tobytes() == iris.predict(iris_rows).tobytes()


def test_a_closed_model_answers_no_more(iris_path, iris_rows):
    with mle.load(iris_path) as model:
        model.predict(iris_rows)
    with pytest.raises(mle.InvalidArgument, match="closed"):
        model.predict(iris_rows)
    with pytest.raises(mle.InvalidArgument, match="closed"):
        model.isa


def test_importing_is_quick_and_leaves_numpy_alone():
    code = ("import sys, time; begin = time.process_time(); import mle; "
            "print(time.process_time() - begin, 'numpy' in sys.modules)")
    took = []
    for _ in range(5):
        seconds, has_numpy = subprocess.run([sys.executable, "-c", code], check=True, text=True,
                                            capture_output=True).stdout.split()
        assert has_numpy == "False"
        took.append(float(seconds))
    assert min(took) < 0.030


def test_what_is_exported_is_described():
    import ast
    folder = os.path.dirname(mle.__file__)
    assert os.path.exists(os.path.join(folder, "py.typed"))
    with open(os.path.join(folder, "__init__.pyi"), encoding="utf-8") as file:
        stubs = {getattr(node, "name", None) or getattr(node.target, "id", None): node
                 for node in ast.parse(file.read()).body
                 if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AnnAssign))}
    assert set(mle.__all__) <= set(stubs)
    described = {getattr(node, "name", None) or node.target.id for node in stubs["Model"].body}
    public = {name for name in vars(mle.Model) if not name.startswith("_")}
    assert public <= described
