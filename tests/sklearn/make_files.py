#!/usr/bin/env python3
"""Writes the models of files/, each with rows and answers in answers.json. Run by hand; the files are
checked in.

usage: make_files.py FOLDER
"""
# SPDX-License-Identifier: Apache-2.0
import json
import pathlib
import pickle
import sys

import joblib
import numpy as np
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import KernelPCA
from sklearn.ensemble import RandomForestRegressor, VotingRegressor
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeRegressor


def custom(x):
    return x


def main():
    folder = pathlib.Path(sys.argv[1])
    random = np.random.default_rng(7)
    x, y = random.normal(size=(40, 3)), random.normal(size=40)
    words = np.empty((40, 3), dtype=object)
    words[:, 0] = random.choice(["red", "green"], 40)
    words[:, 1] = x[:, 0]
    words[:, 2] = random.choice(["a", None], 40)
    labels = np.where(x[:, 0] + random.normal(size=40) > 0, "yes", "no")
    table = Pipeline([
        ("columns", ColumnTransformer([
            ("word", OneHotEncoder(handle_unknown="ignore"), [0]),
            ("gap", make_pipeline(SimpleImputer(missing_values=None, strategy="constant", fill_value="?"), OneHotEncoder()), [2]),
            ("number", StandardScaler(), [1])])),
        ("classifier", LogisticRegression())]).fit(words, labels)
    holes = np.where(np.random.default_rng(8).random((40, 3)) < 0.3, np.nan, x)
    models = {
        "ridge": Ridge().fit(x, y),
        "column": LinearRegression().fit(x, y[:, None]),
        "table": table,
        "outputs": MultiOutputClassifier(LogisticRegression()).fit(x, np.stack([x[:, 0] > 0, np.floor(x[:, 1] * 2)], axis=1)),
        "forest": RandomForestRegressor(2, max_depth=2, random_state=0).fit(x, y),
        "clusters": make_pipeline(StandardScaler(), KMeans(2, n_init=1, random_state=0)).fit(x),
        "custom": make_pipeline(FunctionTransformer(custom), Ridge()).fit(x, y),
        "unfitted": Ridge(),
        "several": make_pipeline(ColumnTransformer([("a", StandardScaler(), [0]), ("b", KernelPCA(2), [1, 2])]),
                                 VotingRegressor([("t", DecisionTreeRegressor(max_depth=1)), ("r", Ridge()),
                                                  ("k", KNeighborsRegressor(1))])).fit(x, y),
        "dict": {"model": 1},
        "neighbours": KNNImputer(n_neighbors=3, weights="distance").fit(holes),
        "function": KNNImputer(weights=np.log1p).fit(holes),
    }
    for i, (name, model) in enumerate(models.items()):
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(model, (2, 4, 5)[i % 3]))
    answers = {"ridge": {"rows": x[:5].tolist(), "predict": models["ridge"].predict(x[:5]).tolist()}}
    answers["table"] = {"rows": words[:8].tolist(), "predict": table.predict(words[:8]).tolist(),
                        "predict_proba": table.predict_proba(words[:8]).tolist()}
    answers["neighbours"] = {"rows": np.nan_to_num(holes[:12], nan=-99).tolist(),  # JSON has no NaN
                             "transform": models["neighbours"].transform(holes[:12]).tolist()}
    joblib.dump(KNNImputer().fit(np.zeros((4097, 128))), folder / "many.joblib", compress=("xz", 9))
    (folder / "answers.json").write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    main()
