"""Fitted estimators, each with rows to ask and the answers of scikit-learn."""
# SPDX-License-Identifier: Apache-2.0
import warnings

import numpy as np
import sklearn.base
from sklearn import (calibration, compose, cross_decomposition, decomposition, discriminant_analysis, dummy,
                     ensemble, feature_selection, frozen, impute, isotonic, kernel_approximation, kernel_ridge,
                     linear_model, model_selection, multiclass, multioutput, naive_bayes, neighbors,
                     neural_network, pipeline, preprocessing, random_projection, svm, tree)
from sklearn.cluster import FeatureAgglomeration
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_linnerud
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.semi_supervised import SelfTrainingClassifier

warnings.filterwarnings("ignore")
METHODS = ("predict", "predict_proba", "decision_function", "transform")


class Case:
    def __init__(self, name, model, rows):
        self.name, self.model, self.rows = name, model, np.asarray(rows)
        self.estimator = type(model).__name__
        self.answers = {}
        for method in METHODS:
            if hasattr(model, method):
                self.answers[method] = dense(getattr(model, method)(self.rows))


def dense(answer):
    if getattr(answer, "ndim", 0) == 3:
        return np.swapaxes(answer, 0, 1)  # flatten_transform=False: rows come first here
    if isinstance(answer, list) and len({part.shape for part in answer}) > 1:
        return [np.asarray(part) for part in answer]
    if isinstance(answer, list):
        return np.stack(answer, axis=1)
    return answer.toarray() if hasattr(answer, "toarray") else np.asarray(answer)


class Data:
    def __init__(self):
        self.numbers, self.target = load_diabetes(return_X_y=True)
        self.numbers = self.numbers * 20
        self.iris, self.species = load_iris(return_X_y=True)
        self.cancer, self.malign = load_breast_cancer(return_X_y=True)
        self.cancer = self.cancer[:, :12]
        self.gym, self.body = load_linnerud(return_X_y=True)
        random = np.random.default_rng(0)
        self.counts = random.poisson(3.0, (150, 6)).astype(float)
        self.words = np.array([["red", "S"], ["green", "M"], ["blue", "L"], ["red", "L"]] * 40, dtype=object)
        self.holes = np.where(random.random((150, 4)) < 0.2, np.nan, self.iris)
        self.many = (random.normal(size=(150, 3)) + self.iris[:, :3] > 4.5).astype(int)


def cases():
    d = Data()
    found = []

    def add(model, x, y=None, rows=None, name=None):
        model.fit(x) if y is None else model.fit(x, y)
        label = name or type(model).__name__
        found.append(Case(label, model, x[:60] if rows is None else rows))

    regressors(d, add)
    classifiers(d, add)
    transformers(d, add)
    composed(d, add)
    labelled(d, add)
    of_one_class(d, add)
    return found


def regressors(d, add):
    x, y, two = d.numbers, d.target, np.stack([d.target, d.target[::-1] / 3], axis=1)
    lm = linear_model
    for model in (lm.ARDRegression(), lm.BayesianRidge(), lm.ElasticNet(), lm.ElasticNetCV(), lm.HuberRegressor(),
                  lm.Lars(), lm.LarsCV(), lm.Lasso(), lm.LassoCV(), lm.LassoLars(), lm.LassoLarsCV(), lm.LassoLarsIC(),
                  lm.LinearRegression(), svm.LinearSVR(), lm.OrthogonalMatchingPursuit(),
                  lm.OrthogonalMatchingPursuitCV(), lm.QuantileRegressor(), lm.Ridge(),
                  lm.RidgeCV(), lm.SGDRegressor(), lm.TheilSenRegressor(random_state=0, max_subpopulation=50),
                  lm.RANSACRegressor(random_state=0), lm.GammaRegressor(), lm.PoissonRegressor(),
                  lm.TweedieRegressor(power=1.5), lm.TweedieRegressor(power=0, link="log"), svm.SVR(kernel="linear"),
                  svm.NuSVR(kernel="linear"), kernel_ridge.KernelRidge(kernel="linear"), dummy.DummyRegressor(),
                  neural_network.MLPRegressor(hidden_layer_sizes=(5, 4), max_iter=30, random_state=0)):
        add(model, x, y)
    for model in (lm.MultiTaskElasticNet(), lm.MultiTaskElasticNetCV(), lm.MultiTaskLasso(), lm.MultiTaskLassoCV(),
                  lm.LinearRegression(), lm.Ridge(), neural_network.MLPRegressor(hidden_layer_sizes=(5,), max_iter=30, random_state=0),
                  dummy.DummyRegressor(), kernel_ridge.KernelRidge(kernel="linear")):
        add(model, x, two, name=type(model).__name__ + " of two targets")
    if hasattr(lm, "PassiveAggressiveRegressor"):
        add(lm.PassiveAggressiveRegressor(), x, y)
    pls = cross_decomposition
    for model in (pls.PLSRegression(2), pls.PLSRegression(3, scale=False), pls.PLSCanonical(2), pls.CCA(2), pls.PLSSVD(2)):
        add(model, d.gym if not isinstance(model, pls.PLSRegression) else x, d.body if not isinstance(
            model, pls.PLSRegression) else two)
    add(pls.PLSRegression(2), x, y, name="PLSRegression of one target")
    column = np.linspace(-2, 2, 60)
    for bounds in ("nan", "clip"):
        add(isotonic.IsotonicRegression(out_of_bounds=bounds), column, np.round(column * 2) + np.sin(9 * column),
            rows=np.linspace(-3, 3, 77), name="IsotonicRegression " + bounds)


def classifiers(d, add):
    lm, da, nb = linear_model, discriminant_analysis, naive_bayes
    species = np.array(["setosa", "versicolor", "virginica"])[d.species]
    for x, y, kind in ((d.iris, species, "of three"), (d.cancer, d.malign == 1, "of two")):
        scaled = preprocessing.StandardScaler().fit_transform(x)
        for model in (lm.LogisticRegression(), lm.LogisticRegressionCV(Cs=3), svm.LinearSVC(), lm.Perceptron(),
                      lm.RidgeClassifier(), lm.RidgeClassifierCV(), lm.SGDClassifier(random_state=0),
                      lm.SGDClassifier(loss="log_loss", random_state=0),
                      lm.SGDClassifier(loss="modified_huber", random_state=0), da.LinearDiscriminantAnalysis(),
                      da.LinearDiscriminantAnalysis(solver="eigen"), da.QuadraticDiscriminantAnalysis(reg_param=0.1),
                      svm.SVC(kernel="linear"), svm.NuSVC(kernel="linear", nu=0.1),
                      svm.SVC(kernel="linear", decision_function_shape="ovo"), svm.SVC(kernel="linear", break_ties=True),
                      neighbors.NearestCentroid(), neighbors.NearestCentroid(metric="manhattan"),
                      neighbors.NearestCentroid(priors="empirical"),
                      nb.GaussianNB(), nb.BernoulliNB(binarize=0.1), dummy.DummyClassifier(),
                      dummy.DummyClassifier(strategy="most_frequent"),
                      neural_network.MLPClassifier(hidden_layer_sizes=(6,), max_iter=30, random_state=0),
                      neural_network.MLPClassifier(hidden_layer_sizes=(6,), activation="tanh", max_iter=30, random_state=0)):
            add(model, scaled, y, name=f"{type(model).__name__} {kind}")
        for model in (nb.MultinomialNB(), nb.ComplementNB(), nb.ComplementNB(norm=True),
                      nb.CategoricalNB(min_categories=40)):
            add(model, np.floor(np.abs(scaled) * 5), y, name=f"{type(model).__name__} {kind}")
    if hasattr(lm, "PassiveAggressiveClassifier"):
        add(lm.PassiveAggressiveClassifier(random_state=0), d.iris, species)
    add(lm.SGDClassifier(loss="log_loss", random_state=0), d.iris * 20, species, name="SGDClassifier far from its boundaries")
    add(svm.SVC(kernel="linear", probability=True, random_state=0), d.cancer[:, :3], d.malign, name="SVC with probabilities")
    add(svm.SVC(kernel="linear", probability=True, random_state=0), d.iris, species, name="SVC with probabilities of three")
    add(svm.NuSVC(kernel="linear", nu=0.1, probability=True, random_state=0), d.iris, species, name="NuSVC with probabilities of three")
    add(lm.LogisticRegression(solver="newton-cholesky"), d.iris, species, name="LogisticRegression newton-cholesky")
    add(lm.LogisticRegression(solver="liblinear"), d.cancer, d.malign * 7 - 3, name="LogisticRegression liblinear")
    add(lm.LogisticRegression().fit(d.cancer, d.malign).sparsify(), d.cancer, d.malign, name="LogisticRegression sparse")
    add(neural_network.MLPClassifier(hidden_layer_sizes=(6,), max_iter=30, random_state=0), d.iris, d.many, name="MLPClassifier multilabel")
    add(lm.RidgeClassifier(), d.iris, d.many, name="RidgeClassifier multilabel")
    for model in (svm.OneClassSVM(kernel="linear", nu=0.2), lm.SGDOneClassSVM(random_state=0)):
        add(model, d.iris)


def transformers(d, add):
    pp, dc, fs = preprocessing, decomposition, feature_selection
    x, y = d.iris, d.species
    for model in (pp.StandardScaler(), pp.StandardScaler(with_mean=False), pp.MinMaxScaler((-1, 2), clip=True),
                  pp.MaxAbsScaler(), pp.RobustScaler(), pp.Normalizer("l1"), pp.Normalizer("l2"), pp.Normalizer("max"),
                  pp.Binarizer(threshold=1.3), pp.FunctionTransformer(np.log1p), pp.FunctionTransformer(),
                  pp.FunctionTransformer(np.square), pp.PolynomialFeatures(3), pp.PolynomialFeatures((2, 3), include_bias=False),
                  pp.PolynomialFeatures(2, interaction_only=True), pp.SplineTransformer(), pp.SplineTransformer(
                      degree=2, knots="quantile", extrapolation="linear", include_bias=False),
                  pp.SplineTransformer(extrapolation="continue"), pp.SplineTransformer(degree=0, extrapolation="linear"), pp.SplineTransformer(extrapolation="periodic"),
                  pp.KBinsDiscretizer(4), pp.KBinsDiscretizer(3, encode="ordinal", strategy="uniform"),
                  pp.PowerTransformer(), pp.PowerTransformer("box-cox", standardize=False),
                  pp.QuantileTransformer(n_quantiles=20), pp.QuantileTransformer(n_quantiles=30, output_distribution="normal"),
                  dc.PCA(2), dc.PCA(3, whiten=True), dc.IncrementalPCA(2), dc.TruncatedSVD(2), dc.FastICA(2, random_state=0),
                  dc.FactorAnalysis(2), random_projection.GaussianRandomProjection(3, random_state=0),
                  random_projection.SparseRandomProjection(3, random_state=0),
                  kernel_approximation.RBFSampler(random_state=0), neural_network.BernoulliRBM(3, random_state=0, n_iter=2),
                  FeatureAgglomeration(2), fs.VarianceThreshold(0.5)):
        add(model, x, rows=np.vstack([x[:60], x[:20] * 1.5 + 0.01]))
    for model in (neighbors.NeighborhoodComponentsAnalysis(2, random_state=0, max_iter=5), fs.SelectKBest(k=2),
                  fs.SelectPercentile(percentile=50), fs.SelectFpr(), fs.SelectFdr(), fs.SelectFwe(),
                  fs.GenericUnivariateSelect(mode="k_best", param=2),
                  fs.SequentialFeatureSelector(linear_model.LogisticRegression(), n_features_to_select=2, cv=2),
                  fs.SelectFromModel(linear_model.LogisticRegression()),
                  fs.SelectFromModel(svm.LinearSVC(), threshold="0.7*median", max_features=3),
                  fs.RFE(linear_model.LogisticRegression(), n_features_to_select=2),
                  fs.RFECV(linear_model.LogisticRegression(), cv=2),
                  pipeline.make_pipeline(fs.RFE(ensemble.RandomForestClassifier(4, random_state=0), n_features_to_select=2),
                                         pp.StandardScaler()),
                  fs.SelectFromModel(ensemble.RandomForestClassifier(4, random_state=0)),
                  fs.SelectFromModel(ensemble.ExtraTreesClassifier(4, random_state=0), threshold="1.1*median"),
                  fs.SelectFromModel(ensemble.GradientBoostingClassifier(n_estimators=3, random_state=0)),
                  fs.SelectFromModel(tree.DecisionTreeClassifier(random_state=0), max_features=2)):
        add(model, x, y)
    small = np.floor(x)
    for model in (pp.OneHotEncoder(), pp.OneHotEncoder(drop="first"), pp.OneHotEncoder(
            handle_unknown="infrequent_if_exist", min_frequency=20), pp.OrdinalEncoder(),
            pp.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, max_categories=3)):
        strict = getattr(model, "handle_unknown", "error") == "error"
        add(model, small, rows=small[:60] if strict else np.vstack([small[:60], small[:5] + 100]))
    add(pp.OneHotEncoder(drop="if_binary", handle_unknown="ignore"), d.words, name="OneHotEncoder of words")
    add(pp.OrdinalEncoder(), d.words, name="OrdinalEncoder of words")
    add(pp.TargetEncoder(random_state=0), d.words, np.arange(160.0), name="TargetEncoder")
    add(pp.TargetEncoder(random_state=0), d.words, np.arange(160) % 3, name="TargetEncoder of three")
    flat = np.column_stack([d.iris, np.full(150, 7.0)])
    for extrapolation in ("constant", "linear", "continue", "periodic"):
        add(pp.SplineTransformer(degree=2, extrapolation=extrapolation), flat, rows=flat * 1.1, name="SplineTransformer of a constant")
    ii, half = impute.IterativeImputer, np.where(d.holes > 3, d.holes, -1)
    for model in (ii(random_state=0), ii(linear_model.Ridge(), imputation_order="descending", max_iter=4, add_indicator=True),
                  ii(pipeline.make_pipeline(pp.StandardScaler(), linear_model.Ridge()), n_nearest_features=2, random_state=0),
                  ii(max_iter=0), ii(initial_strategy="median", min_value=2, max_value=[5.0, 3.0, 4.0, 2.5], skip_complete=True)):
        add(model, d.holes)
    add(ii(missing_values=-1.0), half, name="IterativeImputer of -1")
    add(ii(), np.column_stack([d.holes, np.full(150, np.nan)]), name="IterativeImputer of an empty column")
    # Not the rounded numbers of the iris: of neighbours as far away as others scikit-learn's choice hangs on rounding.
    knn, random = impute.KNNImputer, np.random.default_rng(3)
    holed = np.where(random.random((120, 5)) < 0.3, np.nan, random.normal(size=(120, 5)) * [1, 2, 0.5, 1, 3] + 40)
    lost = np.full((1, 5), np.nan)
    far = [np.nan, 42.0, np.nan, 42.0, np.nan], [np.nan, np.nan, np.nan, np.nan, 1e6]
    for model in (knn(), knn(n_neighbors=1), knn(n_neighbors=500, add_indicator=True),
                  knn(weights="distance"), knn(n_neighbors=3, weights="distance", add_indicator=True)):
        add(model, holed, rows=np.vstack([holed, lost, far]))
    add(knn(weights=None), holed[:3], rows=np.vstack([lost, holed]), name="KNNImputer of three rows")
    same = np.vstack([[[1.0, 2, 3, 4, np.nan], [1, 2, 3, 4, 9], [1, 2, 3, 4, 7], [2, 2, 3, 4, 6]], holed[:9]])
    add(knn(weights="distance"), same, rows=same[:4], name="KNNImputer of rows that are the same")
    add(knn(missing_values=-1, weights="distance"), np.nan_to_num(holed, nan=-1), name="KNNImputer of -1")
    empty = np.column_stack([holed[:, :2], np.full(120, np.nan), holed[:, 2:]])
    told = np.vstack([np.nan_to_num(empty[:5], nan=41.0), empty])
    for keep in (False, True):
        add(knn(keep_empty_features=keep, add_indicator=keep), empty, rows=told, name=f"KNNImputer of an empty column, kept: {keep}")
    for model in (impute.SimpleImputer(), impute.SimpleImputer(strategy="median", add_indicator=True),
                  impute.SimpleImputer(strategy="constant", fill_value=-7.0), impute.MissingIndicator(features="all")):
        add(model, d.holes)


def composed(d, add):
    pp, lm, en = preprocessing, linear_model, ensemble
    x, y, two = d.numbers, d.target, np.stack([d.target, d.target[::-1] / 3], axis=1)
    iris, species, cancer, malign = d.iris, d.species, d.cancer, d.malign
    make = pipeline.make_pipeline
    logistic = lambda: make(pp.StandardScaler(), lm.LogisticRegression())  # noqa: E731
    add(make(pp.StandardScaler(), pp.PolynomialFeatures(2), lm.Ridge()), x, y)
    add(make(impute.SimpleImputer(), "passthrough", logistic()), d.holes, species)
    holed = np.where(np.isnan(d.holes), np.nan, iris + np.random.default_rng(4).normal(size=iris.shape) / 30)
    add(make(impute.KNNImputer(), logistic()), holed, species, name="KNNImputer before a classifier")
    add(make(compose.ColumnTransformer([("near", make(pp.StandardScaler(), impute.KNNImputer(weights="distance")), [0, 2, 3]),
                                        ("mean", impute.SimpleImputer(), [1])]), lm.Ridge()), holed, d.species,
        name="KNNImputer of some columns")
    add(compose.ColumnTransformer([("a", pp.StandardScaler(), [0, 2]), ("b", "passthrough", [1]), ("c", "drop", [3])]), iris)
    add(compose.ColumnTransformer([("a", pp.MinMaxScaler(), slice(0, 2))], remainder=pp.StandardScaler()), iris,
        name="ColumnTransformer with a remainder")
    add(compose.ColumnTransformer([("a", pp.StandardScaler(), [0]), ("b", "passthrough", [1, 2])], transformer_weights={
        "a": 3.0, "b": 0.5}), iris, name="ColumnTransformer with weights")
    add(pipeline.FeatureUnion([("a", pp.StandardScaler()), ("b", decomposition.PCA(2))], transformer_weights={"b": 0.5}), iris)
    for search in (model_selection.GridSearchCV(lm.Ridge(), {"alpha": [1, 9]}, cv=2), model_selection.RandomizedSearchCV(
            lm.Ridge(), {"alpha": [1, 9]}, n_iter=2, cv=2), model_selection.HalvingGridSearchCV(
                lm.Ridge(), {"alpha": [1, 9]}, cv=2), model_selection.HalvingRandomSearchCV(
                    lm.Ridge(), {"alpha": [1, 9]}, cv=2)):
        add(search, x, y)
    add(frozen.FrozenEstimator(logistic().fit(iris, species)), iris, species)
    for transformer in (pp.StandardScaler(), pp.MinMaxScaler(), pp.RobustScaler(), pp.MaxAbsScaler(), pp.PowerTransformer(),
                        pp.PowerTransformer("box-cox"), pp.QuantileTransformer(n_quantiles=30),
                        pp.QuantileTransformer(n_quantiles=30, output_distribution="normal"),
                        make(pp.FunctionTransformer(np.log, np.exp), pp.StandardScaler())):
        add(compose.TransformedTargetRegressor(lm.Ridge(), transformer=transformer), x, y)
    add(compose.TransformedTargetRegressor(lm.Ridge(), func=np.log1p, inverse_func=np.expm1), x, y)
    add(multioutput.MultiOutputRegressor(lm.Ridge()), x, two)
    add(multioutput.RegressorChain(lm.Ridge(), order=[1, 0]), x, two)
    add(multioutput.MultiOutputClassifier(logistic()), iris, d.many)
    for method in ("predict", "predict_proba", "decision_function"):
        chain = {"chain_method": method}
        add(multioutput.ClassifierChain(lm.LogisticRegression(), order=[2, 0, 1], **chain), iris, d.many)
    add(en.VotingRegressor([("a", lm.Ridge()), ("b", lm.Lasso())], weights=[1, 3]), x, y)
    add(en.VotingClassifier([("a", logistic()), ("b", naive_bayes.GaussianNB())], voting="soft", weights=[2, 1]), iris, species)
    add(en.VotingClassifier([("a", logistic()), ("b", naive_bayes.GaussianNB()), ("c", lm.RidgeClassifier())]), iris, species)
    add(en.VotingClassifier([("a", logistic()), ("b", naive_bayes.GaussianNB())], voting="soft", flatten_transform=False), iris, species,
        name="VotingClassifier that is not flattened")
    add(en.BaggingRegressor(lm.Ridge(), 4, max_features=0.6, random_state=0), x, y)
    add(en.BaggingClassifier(logistic(), 4, max_features=0.6, random_state=0), iris, species)
    add(en.BaggingClassifier(svm.LinearSVC(), 4, random_state=0), cancer, malign)
    add(en.StackingRegressor([("a", lm.Ridge()), ("b", lm.Lasso())], lm.Ridge(), cv=2, passthrough=True), x, y)
    add(en.StackingClassifier([("a", logistic()), ("b", lm.RidgeClassifier())], lm.LogisticRegression(), cv=2),
        iris, np.array(["a", "b", "c"])[species])
    add(en.StackingClassifier([("a", logistic()), ("b", svm.LinearSVC())], lm.LogisticRegression(), cv=2), cancer, malign)
    add(multiclass.OneVsRestClassifier(lm.LogisticRegression()), iris, species)
    add(multiclass.OneVsRestClassifier(svm.LinearSVC()), iris, d.many)
    add(multiclass.OneVsRestClassifier(lm.LogisticRegression()), cancer, malign)
    add(multiclass.OneVsOneClassifier(lm.LogisticRegression()), iris, species)
    add(multiclass.OneVsOneClassifier(svm.LinearSVC()), cancer, malign)
    for many in (multiclass.OneVsOneClassifier, multiclass.OneVsRestClassifier):
        for xs, ys in ((iris, species), (cancer, malign)):
            add(many(lm.Ridge()), xs, ys, name=many.__name__ + " of regressors")
    for inner in (lm.LogisticRegression(), svm.LinearSVC()):
        add(multiclass.OutputCodeClassifier(inner, random_state=0), iris, species)
    for method in ("sigmoid", "isotonic", "temperature"):
        for inner, xs, ys in ((lm.LogisticRegression(), iris, species), (svm.LinearSVC(), cancer, malign),
                              (naive_bayes.GaussianNB(), cancer, malign), (lm.RidgeClassifier(), iris, species)):
            add(calibration.CalibratedClassifierCV(inner, method=method, cv=2), xs, ys)
    add(model_selection.FixedThresholdClassifier(lm.LogisticRegression(), threshold=0.3), cancer, malign)
    add(model_selection.TunedThresholdClassifierCV(lm.LogisticRegression(), cv=2), cancer, malign)
    partly = np.where(np.arange(len(malign)) % 3 == 0, -1, malign)
    add(SelfTrainingClassifier(lm.LogisticRegression()), cancer, partly)


def labelled(d, add):
    """Labels of every type: they come out as they went in, or as scikit-learn makes them."""
    lm, mc, mo, en = linear_model, multiclass, multioutput, ensemble
    x, logistic = preprocessing.StandardScaler().fit_transform(d.iris), lm.LogisticRegression
    two = np.stack([d.species, d.species % 2], axis=1)
    for kind in (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64):
        for model, y in ((logistic(), d.species * 2 + 1), (logistic(), d.species), (mo.MultiOutputClassifier(logistic()), two * 3 + 1)):
            add(model, x, y.astype(kind), name=f"{type(model).__name__} of {np.dtype(kind)}")
    for y in ((d.species + 3).astype(np.int32), (d.species * 2 - 1).astype(np.float32), d.species == 1, np.array(["b", "a", "c"])[d.species],
              np.array([7, -2, 2**40], dtype=object)[d.species].astype(np.int64)):
        for model in (mc.OneVsRestClassifier(logistic()), mc.OneVsOneClassifier(logistic()), naive_bayes.GaussianNB(),
                      mc.OutputCodeClassifier(logistic(), random_state=0), svm.SVC(kernel="linear"), dummy.DummyClassifier(),
                      en.BaggingClassifier(logistic(), 2, random_state=0), calibration.CalibratedClassifierCV(logistic(), cv=2),
                      en.VotingClassifier([("a", logistic()), ("b", naive_bayes.GaussianNB())]),
                      en.StackingClassifier([("a", logistic()), ("b", lm.RidgeClassifier())], cv=2),
                      neural_network.MLPClassifier(hidden_layer_sizes=(3,), max_iter=5, random_state=0)):
            add(model, x, y, name=f"{type(model).__name__} with labels of {y.dtype}")
    for kind in (np.int32, np.float32, bool):
        for model in (mo.ClassifierChain(logistic()), mo.MultiOutputClassifier(logistic()), mc.OneVsRestClassifier(logistic()),
                      neural_network.MLPClassifier(hidden_layer_sizes=(3,), max_iter=5, random_state=0), lm.RidgeClassifier()):
            if kind is not np.float32 or isinstance(model, (mo.ClassifierChain, mo.MultiOutputClassifier)):
                add(model, d.iris, d.many.astype(kind), name=f"{type(model).__name__} of columns of {np.dtype(kind)}")
    add(mo.MultiOutputClassifier(logistic()), x, np.array([["a", "x"], ["bcd", "y"], ["a", "y"]])[d.species], name="MultiOutputClassifier of words")


def of_one_class(d, add):
    """Where there is nothing to tell apart, or not in every column."""
    networks = lambda: neural_network.MLPClassifier(hidden_layer_sizes=(3,), max_iter=5, random_state=0)  # noqa: E731
    x, constant = d.iris, np.column_stack([d.many[:, 0], np.full(150, 4)])
    for model in (networks(), naive_bayes.GaussianNB(), naive_bayes.BernoulliNB(), naive_bayes.MultinomialNB(), linear_model.RidgeClassifier(),
                  dummy.DummyClassifier(), neighbors.NearestCentroid(), multiclass.OneVsRestClassifier(linear_model.LogisticRegression())):
        for y, kind in ((np.full(150, 4), "a number"), (np.full(150, "alone"), "a word")):
            try:
                add(sklearn.base.clone(model), x, y, name=f"{type(model).__name__} of {kind} alone")
            except (ValueError, IndexError):
                pass  # not in scikit-learn either
    for inner in (networks(), naive_bayes.GaussianNB(), linear_model.RidgeClassifier()):
        add(multioutput.MultiOutputClassifier(inner), x, constant, name=f"MultiOutputClassifier of {type(inner).__name__} with a constant column")
    many = np.column_stack([d.many[:, :2], np.ones(150, int)])
    add(multiclass.OneVsRestClassifier(linear_model.LogisticRegression()), x, many, name="OneVsRestClassifier with a constant column")
    add(multiclass.OneVsRestClassifier(naive_bayes.GaussianNB()), x, 1 - many, name="OneVsRestClassifier with an empty column")
    add(networks(), x, many, name="MLPClassifier with a constant column")
    add(multioutput.ClassifierChain(networks()), x, many, name="ClassifierChain with a constant column")


def names_of(cases_):
    """Every class that a case is made of."""
    names = set()

    def visit(value, depth=0):
        if isinstance(value, (list, tuple)) and depth < 9:
            for each in value:
                visit(each, depth + 1)
        elif isinstance(value, sklearn.base.BaseEstimator):
            names.add(type(value).__name__)
            for each in vars(value).values():
                visit(each, depth + 1)

    for case in cases_:
        visit(case.model)
    return names
