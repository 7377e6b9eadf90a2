"""The attributes by which scikit-learn knows a fitted estimator."""
# SPDX-License-Identifier: Apache-2.0
from ._rows import is_positional


def feature_count(model):
    if len(model.inputs) == 1:
        shape = model.inputs[0].shape
        return shape[-1] if shape else 1
    return len(model.inputs)


def feature_names(model):
    names = model._open().features
    if not names and len(model.inputs) > 1 and not is_positional(model.inputs):
        names = [spec.name for spec in model.inputs]
    if not names:
        raise AttributeError("the model knows no names of columns")
    import numpy
    return numpy.array(names, dtype=object)


def classes(model):
    labels = model._open().labels
    if not labels:
        raise AttributeError("the model knows no labels")
    import numpy
    dtype = "str"
    if "predict" in model.entries:
        dtype = model.entries["predict"][1][0].dtype
    if dtype == "bool":
        return numpy.array([label.lower() in ("true", "1") for label in labels])
    if dtype == "str" or "predict" not in model.entries:
        return numpy.array(labels)
    if dtype.startswith(("int", "uint")):
        return numpy.array([int(label) for label in labels], dtype=dtype)
    return numpy.array([float(label) for label in labels])


def tags(model):
    from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags, TransformerTags
    kind = model._estimator_type
    return Tags(estimator_type=kind, target_tags=TargetTags(required=False),
                transformer_tags=TransformerTags() if "transform" in model.entries else None,
                classifier_tags=ClassifierTags() if kind == "classifier" else None,
                regressor_tags=RegressorTags() if kind == "regressor" else None)
