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
    """Of one answer by row an array of its labels, of several a list of arrays."""
    outputs = model.entries["predict"][1] if "predict" in model.entries else ()
    dtypes = [spec.dtype for spec in outputs for _ in range(spec.shape[0] if spec.shape else 1)]
    columns = model._open().classes
    if columns:
        found = [_labels(*each) for each in zip(columns, dtypes)]
        return found[0] if len(found) == 1 and not (outputs and outputs[0].shape) else found
    labels = model._open().labels
    if not labels:
        raise AttributeError("the model knows no labels")
    return _labels(labels, dtypes[0] if dtypes else "str")


def _labels(texts, dtype):
    import numpy
    # A chain answers in floats with what were bools.
    if dtype == "bool" or (dtype != "str" and set(texts) <= {"False", "True"}):
        return numpy.array([text.lower() in ("true", "1") for text in texts])
    if dtype == "str":
        return numpy.array(texts)
    if dtype.startswith(("int", "uint")):
        return numpy.array([int(text) for text in texts], dtype=dtype)
    return numpy.array([float(text) for text in texts], dtype=dtype)


def tags(model):
    from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags, TransformerTags
    kind = model._estimator_type
    return Tags(estimator_type=kind, target_tags=TargetTags(required=False),
                transformer_tags=TransformerTags() if "transform" in model.entries else None,
                classifier_tags=ClassifierTags() if kind == "classifier" else None,
                regressor_tags=RegressorTags() if kind == "regressor" else None)
