"""convert(): a fitted estimator, or the model file at a path, to a Model."""
# SPDX-License-Identifier: Apache-2.0
import os

import numpy

from . import _mle, _rows
from ._errors import Internal, InvalidArgument
from ._model import Model, load

_MOST_CHECKED = 1024            # rows to choose the precision by
_MOST_RECORDED = 64             # rows that go into the file …
_MOST_RECORDED_BYTES = 1 << 18  # … while their inputs are not larger than that


def convert(source, X=None, *, to=None, threads=1, precision="auto", golden_rows=None,
            features=(), labels=(), name="", license="", author="", card="", timestamp=None,
            shapes=None, free_batch=False, dynamic_quantize="batch", dequantized="onnxruntime",
            arch=None, from_format=""):
    """Compiles a model and proves the result; nothing is written unless `to` names a file.

    source: a fitted estimator, the path of a model file, or the bytes of one. X: rows as the
    estimator takes them. They choose the precision, and what the estimator answers to them is
    stored in the file as golden rows, which the converted model has to answer alike.
    The other options are those of mle-convert."""
    if dynamic_quantize not in ("batch", "row"):
        raise InvalidArgument(f"dynamic_quantize is not {dynamic_quantize!r}", rule="C220",
                              hint="it is one of batch, row")
    if dequantized not in ("onnxruntime", "exact"):
        raise InvalidArgument(f"dequantized is not {dequantized!r}", rule="C220",
                              hint="it is one of onnxruntime, exact")
    data, source_name, estimator = _source_of(source)
    rows = None if X is None else _LiveRows(estimator, X, golden_rows)
    if not shapes and _changes_each_alone(estimator) and len(numpy.shape(X)) == 2:
        shapes = {"X": numpy.shape(X)[1]}
    options = {
        "source_name": source_name, "from_format": from_format, "shapes": dict(shapes or {}),
        "free_batch": bool(free_batch), "arch": None if arch is None else os.fsdecode(os.fspath(arch)),
        "quantize_by_row": dynamic_quantize == "row",
        "dequantized_exactly": dequantized == "exact",
        "golden_rows": 8 if golden_rows is None else int(golden_rows),
        "features": list(map(str, features)), "labels": list(map(str, labels)), "name": name,
        "license": license, "author": author, "card": card, "timestamp": timestamp,
        "precision": precision, "record": estimator is not None,
    }
    loaded, conversion = _mle.convert(data, options, rows)
    if to is None:
        model = Model._of(loaded, threads)
    else:
        _mle.write_file(os.fsdecode(os.fspath(to)), loaded.bytes)
        model = load(to, threads=threads)
    model.conversion = conversion
    return model


def _source_of(source):
    """What the extension takes, a name for it, and the live estimator where there is one."""
    if isinstance(source, (str, os.PathLike)):
        return os.fsdecode(os.fspath(source)), "", None
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), "model", None
    if isinstance(source, Model):
        raise InvalidArgument("the model is converted already", hint="save() writes it")
    import pickle
    try:
        # Read back by a machine of ours that calls nothing: the bytes never reach pickle.loads().
        data = pickle.dumps(source, protocol=4)
    except Exception as error:
        raise InvalidArgument(f"{type(source).__name__} cannot be pickled: {error}",
                              hint="functions given to an estimator must be importable") from error
    return data, type(source).__name__, source


def _changes_each_alone(estimator):
    """Up to 1.1 such a one does not know how many columns it was fitted on."""
    return type(estimator).__name__ == "FunctionTransformer" and not hasattr(estimator, "n_features_in_")


def _picked(rows, at):
    """Some rows of whatever rows are."""
    if hasattr(rows, "iloc"):
        return rows.iloc[at]
    if isinstance(rows, dict):
        return {name: _picked(column, at) for name, column in rows.items()}
    if isinstance(rows, (list, tuple)):
        return [rows[i] for i in at]
    if hasattr(rows, "tocsr"):
        return rows.tocsr()[at]
    return rows[at] if isinstance(rows, numpy.ndarray) else rows[at.tolist()]


def _count(rows):
    if isinstance(rows, dict):
        return len(next(iter(rows.values()))) if rows else 0
    return rows.shape[0] if hasattr(rows, "shape") else len(rows)


def _spread(count, most):
    """At most that many places of a count, evenly."""
    return numpy.unique(numpy.linspace(0, count - 1, min(count, most)).astype(int)) if count else \
        numpy.zeros(0, int)


class _LiveRows:
    """Speaks for X and the estimator while the compiler runs (python/live_rows.h)."""

    def __init__(self, estimator, rows, golden_rows):
        count = _count(rows)
        if count == 0:
            raise InvalidArgument("X holds no rows", rule="C219")
        self._estimator = estimator
        self._golden_rows = golden_rows
        self._rows = rows if count <= _MOST_CHECKED else _picked(rows, _spread(count, _MOST_CHECKED))
        self._rows_count = _count(self._rows)

    def check(self, specs, features):
        if not all(spec[3] for spec in specs):
            return 0, []  # not row-wise: X is no list of rows
        return self._rows_count, self._tensors(specs, features, self._rows)

    def record(self, specs, features, entries):
        nothing = 0, [_nothing(spec) for spec in specs], [None] * len(entries)
        if not all(spec[3] for spec in specs):
            return nothing
        count = self._golden_rows
        if count is None:
            row_bytes = sum(8 * int(numpy.prod(spec[2], dtype=int)) for spec in specs)
            count = max(1, min(_MOST_RECORDED, _MOST_RECORDED_BYTES // max(1, row_bytes)))
        rows = _picked(self._rows, _spread(self._rows_count, count))
        count = _count(rows)
        answers = [self._answers(name, outputs, rows, count) for name, outputs in entries]
        return count, self._tensors(specs, features, rows), answers

    @staticmethod
    def _tensors(specs, features, rows):
        # Of just the model's dtype: what the runtime would round on its way in is rounded here.
        return [tensor if spec[1] == "str" else
                numpy.ascontiguousarray(tensor, dtype=_dtype(spec))
                for spec, tensor in zip(specs, _rows.tensors_of(specs, features, rows))]

    def _answers(self, name, outputs, rows, count):
        method = getattr(self._estimator, name, None)
        if method is None:
            return None
        answer = method(rows)
        if name == "transform" and numpy.ndim(answer) == 3:
            answer = numpy.swapaxes(answer, 0, 1)  # flatten_transform=False: members come first there
        parts = _parts(answer, len(outputs))
        if len(parts) != len(outputs):
            raise Internal(f"'{name}' gives {len(parts)} answers, the converted one {len(outputs)}",
                           hint="please report this model")
        return [_answer(part, spec, count, name) for part, spec in zip(parts, outputs)]


def _dtype(spec):
    return "uint16" if spec[1] == "bfloat16" else spec[1]


def _nothing(spec):
    return [] if spec[1] == "str" else numpy.zeros((0,) + tuple(spec[2]), _dtype(spec))


def _parts(answer, count):
    """By output: lists are by output already, tables by column."""
    if isinstance(answer, list):
        return answer if count > 1 else [numpy.stack(answer, axis=1)]
    if hasattr(answer, "toarray"):
        answer = answer.toarray()
    answer = numpy.asarray(answer)
    return [answer] if count == 1 else list(answer.T)


def _answer(part, spec, count, entry):
    part = numpy.asarray(part)
    shape = (count,) + tuple(spec[2])
    if part.size != numpy.prod(shape, dtype=int):
        raise Internal(f"'{entry}' answers with shape {part.shape}, the converted one with {shape}",
                       hint="please report this model")
    if spec[1] == "str":
        return [None if text is None else str(text) for text in part.ravel().tolist()]
    try:
        return numpy.ascontiguousarray(part.reshape(shape).astype(spec[1]))
    except (TypeError, ValueError):
        raise Internal(f"'{entry}' answers with {part.dtype}, the converted one with {spec[1]}",
                       hint="please report this model") from None
