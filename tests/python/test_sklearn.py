"""Every estimator that docs/supported.md names, fitted, converted in process and compared; and what a
converted model is to scikit-learn."""
# SPDX-License-Identifier: Apache-2.0
import copyreg
import pickle
import re
import sys

import numpy
import pandas
import pytest
from sklearn import compose, impute, linear_model, metrics, model_selection, pipeline, preprocessing
from sklearn.base import is_classifier, is_regressor
from sklearn.inspection import permutation_importance

import mle
from conftest import in_root

sys.path.insert(0, in_root("tests", "sklearn"))
import cases  # noqa: E402
import run  # noqa: E402

CASES = cases.cases()
pytestmark = pytest.mark.filterwarnings("ignore")  # of estimators that did not converge


def as_array(answer):
    return numpy.stack(answer, axis=1) if isinstance(answer, list) else numpy.asarray(answer)


def compare(got, expected, tolerance):
    got = as_array(got)
    assert got.size == expected.size
    got = got.reshape(expected.shape)
    if expected.dtype.kind not in "fc":
        assert (got == expected).all()
        return
    assert (numpy.isnan(got) == numpy.isnan(expected)).all()
    finite = numpy.isfinite(expected)
    size = numpy.abs(expected[finite]).max(initial=0)
    assert (numpy.abs(got - expected)[finite] <= tolerance * size).all()


def known_classes_are(got, expected):
    assert isinstance(got, list) == isinstance(expected, list)
    for of_column, wanted in zip(got, expected, strict=True) if isinstance(got, list) else [(got, expected)]:
        assert list(of_column) == list(wanted)
        # A chain answers with f64, and so are its classes.
        assert of_column.dtype.kind in (wanted.dtype.kind, "f")


def test_every_estimator_of_the_table_is_among_those_that_are_compared():
    with open(in_root("docs", "supported.md"), encoding="utf-8") as page:
        named = set(re.findall(r"^\| ([A-Z]\w+) \|", page.read(), re.MULTILINE))
    assert len(named) > 100
    assert named - cases.names_of(CASES) == set()


@pytest.mark.parametrize("precision, tolerance", [("f64", 1e-9), ("auto", 4e-5)])
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_converted_in_process_it_answers_as_the_estimator(case, precision, tolerance):
    model = mle.convert(case.model, X=case.rows, precision=precision)
    assert set(case.answers) <= set(model.entries)
    for method, expected in case.answers.items():
        got = getattr(model, method)(case.rows)
        if isinstance(expected, list):  # columns of different widths
            assert len(got) == len(expected)
            for one, wanted in zip(got, expected, strict=True):
                compare(one, wanted, tolerance)
            continue
        compare(got, expected, tolerance)
        if precision == "f64" and expected.dtype.kind == "f":
            assert run.difference(case, as_array(got), expected) == ""
    if hasattr(case.model, "predict") and hasattr(case.model, "classes_"):
        known_classes_are(model.classes_, case.model.classes_)
    references = {entry["entry"]: entry["reference"] for entry in model.conversion["golden"]}
    assert references and set(references.values()) == {"scikit-learn"}


def people(count=200):
    """Numbers and texts side by side, some of them missing, and who they are."""
    random = numpy.random.default_rng(5)
    frame = pandas.DataFrame({
        "age": random.integers(18, 90, count).astype(float),
        "city": random.choice(["Bern", "Köln", "Łódź"], count),
        "income": random.lognormal(8, 1, count), "plan": random.choice(["a", "b"], count)})
    frame.loc[::9, "age"] = numpy.nan
    return frame, numpy.where((frame["income"] > 3000) ^ (frame["city"] == "Bern"), "stays", "goes")


@pytest.fixture(scope="module")
def of_people():
    frame, names = people()
    numbers = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler())
    columns = compose.ColumnTransformer(
        [("numbers", numbers, ["age", "income"]),
         ("words", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["city", "plan"])])
    estimator = pipeline.make_pipeline(columns, linear_model.LogisticRegression()).fit(frame, names)
    return estimator, mle.convert(estimator, X=frame), frame


def test_frames_with_words_go_by_name(of_people):
    estimator, model, frame = of_people
    expected = estimator.predict_proba(frame)
    backwards = frame[frame.columns[::-1]].assign(note="?")
    for rows in (frame, backwards, dict(backwards), frame.to_dict(orient="records")):
        assert numpy.abs(model.predict_proba(rows) - expected).max() < 1e-5
        assert (model.predict(rows) == estimator.predict(frame)).all()
    elsewhere = frame.assign(city="Wien")
    assert numpy.abs(model.predict_proba(elsewhere) - estimator.predict_proba(elsewhere)).max() < 1e-5
    with pytest.raises(mle.InvalidArgument, match="'city' is missing"):
        model.predict(frame.drop(columns="city"))
    with pytest.raises(mle.InvalidArgument, match="wants strings"):
        model.predict(frame.assign(city=7))
    assert sorted(model.feature_names_in_) == sorted(frame.columns)
    assert list(model.classes_) == list(estimator.classes_)


def test_words_come_out_where_out_says(of_people):
    estimator, model, frame = of_people
    out = numpy.empty(len(frame), dtype=object)
    assert model.predict(frame, out=out) is out
    assert (out == estimator.predict(frame)).all()
    assert model.predict(frame.iloc[:0]).shape == (0,)


def test_the_estimators_own_answers_are_in_the_file(of_people, tmp_path):
    _, model, _ = of_people
    model.save(tmp_path / "people.mle")
    again = mle.load(tmp_path / "people.mle", verify=True)
    assert b"scikit-learn" in again.tobytes()
    counts = {entry["entry"]: entry["rows"] for entry in model.conversion["golden"]}
    assert set(counts) == {"predict", "predict_proba", "decision_function"}
    assert all(30 <= rows <= 64 for rows in counts.values())


def test_an_estimator_that_says_something_else_is_not_converted(of_people):
    estimator, _, frame = of_people

    class Liar(type(estimator)):
        def predict_proba(self, X):
            return super().predict_proba(X)[:, ::-1]

        def __reduce__(self):
            return copyreg._reconstructor, (type(estimator), object, None), estimator.__getstate__()
    liar = Liar(estimator.steps)
    with pytest.raises(mle.Internal, match="differ from those of scikit-learn") as caught:
        mle.convert(liar, X=frame)
    assert caught.value.rule == "R122"


def test_what_an_estimator_raises_comes_through(of_people):
    estimator, _, frame = of_people
    with pytest.raises(ValueError, match="age"):
        mle.convert(estimator, X=frame.drop(columns="age"))
    with pytest.raises(mle.InvalidArgument, match="cannot be pickled"):
        mle.convert(preprocessing.FunctionTransformer(lambda x: x).fit([[1.0]]))
    with pytest.raises(mle.InvalidArgument, match="no rows"):
        mle.convert(estimator, X=frame.iloc[:0])


def test_scikit_learn_takes_a_model_for_a_fitted_estimator(of_people):
    estimator, model, frame = of_people
    names = people()[1]
    assert is_classifier(model) and not is_regressor(model)
    assert metrics.get_scorer("accuracy")(model, frame, names) == estimator.score(frame, names)
    folds = model_selection.cross_val_score(model, frame, names, scoring="accuracy", cv=4)
    assert abs(folds.mean() - estimator.score(frame, names)) < 1e-12
    importance = permutation_importance(model, frame, names, scoring="accuracy", n_repeats=2, random_state=0)
    assert importance.importances_mean.shape == (4,)
    assert (pickle.loads(pickle.dumps(model)).predict(frame) == model.predict(frame)).all()


def test_a_model_that_looks_at_no_column_takes_any_number_of_them():
    from sklearn.dummy import DummyRegressor
    dummy = DummyRegressor().fit([[1, 2], [3, 4]], [5, 8])
    del dummy.n_features_in_  # as it was up to 1.2
    rows = numpy.ones((4, 7))
    for model in (mle.convert(dummy), mle.convert(dummy, X=rows)):
        assert [spec.name for spec in model.inputs] == ["x0"]
        for table in (rows, rows[:, :1], rows[:, :2].tolist()):
            assert (model.predict(table) == 6.5).all()


def test_each_output_has_classes_of_its_own():
    from sklearn.multioutput import MultiOutputClassifier
    X = numpy.linspace(0, 1, 12)[:, None]
    for two in (numpy.array([["a", "x"], ["b", "y"], ["c", "x"]] * 4), numpy.array([[1, 0], [5, 1]] * 6)):
        estimator = MultiOutputClassifier(linear_model.RidgeClassifier()).fit(X, two)
        known_classes_are(mle.convert(estimator, X=X).classes_, estimator.classes_)
    mixed = numpy.array([["a", 1], ["b", 2], ["c", 1]] * 4, dtype=object)
    estimator = MultiOutputClassifier(linear_model.LogisticRegression())
    estimator.fit(X, mixed[:, :1].astype(str))
    estimator.estimators_ += [linear_model.LogisticRegression().fit(X, mixed[:, 1].astype(int))]
    estimator.classes_ = [each.classes_ for each in estimator.estimators_]
    known_classes_are(mle.convert(estimator).classes_, estimator.classes_)


def test_labels_keep_their_type():
    X = numpy.array([[0.0], [1.0], [2.0], [3.0]] * 5)
    for labels in (numpy.array([3, 7, 3, 7]), numpy.array([1.0, 2.0, 1.0, 2.0]),
                   numpy.array([False, True, False, True]), numpy.array(["a", "bc", "a", "bc"])):
        estimator = linear_model.LogisticRegression().fit(X, numpy.repeat(labels, 5))
        model = mle.convert(estimator, X=X)
        assert (model.predict(X) == estimator.predict(X)).all()
        assert model.predict(X).dtype.kind == labels.dtype.kind
        assert list(model.classes_) == list(estimator.classes_)
        assert model.classes_.dtype.kind == labels.dtype.kind
