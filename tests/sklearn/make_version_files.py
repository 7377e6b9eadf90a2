#!/usr/bin/env python3
"""Writes FOLDER/<version of scikit-learn>.json: small models as this version saves them, as pickles in
base64, each with rows and answers. Run by hand with every version whose files differ from others'.

usage: make_version_files.py FOLDER
"""
# SPDX-License-Identifier: Apache-2.0
import base64
import json
import pathlib
import pickle
import sys
import warnings

import numpy as np
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.cross_decomposition import PLSRegression
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import BaggingClassifier, StackingClassifier
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import (LogisticRegression, PoissonRegressor, Ridge, RidgeClassifier, SGDClassifier,
                                  TweedieRegressor)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OutputCodeClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (FunctionTransformer, KBinsDiscretizer, MinMaxScaler, OneHotEncoder, PowerTransformer,
                                   SplineTransformer, StandardScaler)
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import SVC

warnings.filterwarnings("ignore")
METHODS = ("predict", "predict_proba", "decision_function", "transform")
VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])


def plain(answer):
    answer = answer.toarray() if hasattr(answer, "toarray") else np.asarray(answer)
    return answer.tolist()


def main():
    random = np.random.RandomState(5)
    x = random.normal(size=(40, 3)) * [1, 10, 0.1]
    y = x @ [1, 0.2, 3] + random.normal(size=40)
    two, three = (y > 0).astype(int), np.digitize(y, [-1, 1])
    words = np.array(["alpha", "beta", "gamma"])[three]
    whole = np.floor(x * [2, 0.3, 20])
    log_loss = "log_loss" if VERSION >= (1, 1) else "log"
    bins = KBinsDiscretizer(4, encode="ordinal").fit(x)
    # Rows that lie just below an edge, where versions differ.
    near = np.array([[edges[2] * (1 - 1e-6 * np.sign(edges[2])) for edges in bins.bin_edges_]])
    models = {
        "pls": (PLSRegression(2).fit(x, np.stack([y, -2 * y + x[:, 0]], axis=1)), x),
        "bins": (bins, np.vstack([x, near])),
        "poisson": (PoissonRegressor().fit(x, np.exp(y / 5)), x),
        "tweedie": (TweedieRegressor(power=1.5).fit(x, np.exp(y / 5)), x),
        "search": (GridSearchCV(Ridge(), {"alpha": [0.5, 2]}, cv=2).fit(x, y), x),
        "scored": (GridSearchCV(RidgeClassifier(), {"alpha": [0.5, 2]}, cv=2, scoring="accuracy").fit(x, two), x),
        "stacking": (StackingClassifier([("a", LogisticRegression()), ("b", RidgeClassifier())], cv=2).fit(x, words), x),
        "labelled": (SelfTrainingClassifier(LogisticRegression()).fit(x, np.where(np.arange(40) % 4 == 0, -1, two)), x),
        "bagging": (BaggingClassifier(LogisticRegression(), n_estimators=2, random_state=0).fit(x, words), x),
        "calibrated": (CalibratedClassifierCV(SGDClassifier(random_state=0), cv=2).fit(x, three), x),
        "codes": (OutputCodeClassifier(LogisticRegression(), random_state=0).fit(x, three), x),
        "sgd": (SGDClassifier(loss=log_loss, random_state=0).fit(x, three), x),
        "svc": (SVC(kernel="linear", probability=True, random_state=0).fit(x, two), x),
        "pairs": (SVC(kernel="linear").fit(x, three), x),
        "spline": (SplineTransformer(4).fit(x), x),
        "power": (PowerTransformer().fit(x), x),
        "columns": (ColumnTransformer([("a", StandardScaler(), [0]), ("b", MinMaxScaler(), slice(1, 3))],
                                      transformer_weights={"a": 2.5}).fit(x), x),
        "target": (TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1).fit(x, np.exp(y / 5)), x),
        "network": (MLPRegressor(hidden_layer_sizes=(3,), max_iter=5, random_state=0).fit(x, y), x),
        "mean": (DummyRegressor().fit(x, y), x),
        "prior": (DummyClassifier().fit(x, three), x),
        "first": (OneHotEncoder(drop="first").fit(whole), whole),
    }
    holes = np.where(random.uniform(size=x.shape) < 0.3, -1, x)
    models.update({
        "holes": (IterativeImputer(missing_values=-1, max_iter=3, add_indicator=True, max_value=4).fit(holes), holes),
        "odds": (SVC(kernel="linear", probability=True, random_state=0).fit(x, words), x),
        "steps": (SplineTransformer(4, degree=0, extrapolation="linear").fit(x), 2 * x),
        "duel": (OneVsOneClassifier(Ridge()).fit(x, two), x),
        "each": (make_pipeline(FunctionTransformer(np.log1p), "passthrough").fit(x * x), x * x),
    })
    if VERSION >= (1, 1):
        rare = OneHotEncoder(drop="first", handle_unknown="infrequent_if_exist", max_categories=3)
        models["rare"] = (rare.fit(whole), np.vstack([whole, whole[:3] + 100]))
    if VERSION >= (1, 2):
        models["newton"] = (LogisticRegression(solver="newton-cholesky").fit(x, three), x)
    made = {}
    for i, (name, (model, rows)) in enumerate(models.items()):
        rows = rows[-6:]
        answers = {m: plain(getattr(model, m)(rows)) for m in METHODS if hasattr(model, m)}
        text = base64.b64encode(pickle.dumps(model, i % 6)).decode("ascii")
        made[name] = {"pickle": text, "rows": rows.tolist(), **answers}
    lines = ",\n".join(f'"{name}": {json.dumps(each, separators=(",", ":"))}' for name, each in made.items())
    (pathlib.Path(sys.argv[1]) / f"{sklearn.__version__}.json").write_text("{" + lines + "}\n")


if __name__ == "__main__":
    main()
