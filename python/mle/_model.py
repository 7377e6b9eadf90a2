"""Model: a loaded .mle file that answers like a fitted estimator.

Rows that already lie as the model wants them go to the extension and nowhere else; _rows.py brings
everything else into that form first.
"""
# SPDX-License-Identifier: Apache-2.0
import os
from collections import namedtuple

from . import _mle
from ._errors import Corrupt, InvalidArgument, NotFound

TensorSpec = namedtuple("TensorSpec", "name dtype shape per_row")
TensorSpec.__doc__ = """One input or output: its name, its dtype as numpy says it, the shape of one
row (of the whole tensor where per_row is False)."""

_FLOATS = ("float16", "bfloat16", "float32", "float64")


def load(path, *, threads=1, verify=False, isa=""):
    """Loads a .mle file, which is mapped: its weights are shared by all processes that load it.

    threads: that split the rows of one call between them. verify: sums every byte first.
    isa: forces a kernel table, "sse2", "avx2", "avx512" or "neon".
    """
    path = os.fspath(path)
    loaded = _mle.LoadedModel.from_path(os.fsdecode(path), verify, isa)
    return Model._of(loaded, threads, os.path.abspath(os.fsdecode(path)))


def loads(data, *, threads=1, verify=False, isa=""):
    """The same from the bytes of a .mle file, which are copied."""
    return Model._of(_mle.LoadedModel.from_bytes(bytes(data), verify, isa), threads)


class _Asked:
    """A method that a model has where it has the entry of that name, so that hasattr() tells."""

    def __init__(self, entry, doc):
        self._entry = entry
        self.__doc__ = doc

    def __get__(self, model, owner=None):
        if model is None:
            return self
        try:
            question = model._questions[self._entry]
        except KeyError:
            question = model._ask_for(self._entry)
        if question is None:
            raise AttributeError(f"this model has no '{self._entry}'; it has "
                                 f"{', '.join(model.entries)}")

        def ask(X, *, out=None):
            answer = question.fast(X, out)
            return model._answer(question, X, out) if answer is None else answer
        return ask


class _AskedByOutput(_Asked):
    """The same, an array by output of a classifier that has several: as scikit-learn gives them."""

    def __get__(self, model, owner=None):
        ask = super().__get__(model, owner)
        if model is None or len(model.entries[self._entry][1][0].shape) < 2:
            return ask

        def ask_by_output(X, *, out=None):
            answer = ask(X, out=out)
            return list(answer.swapaxes(0, 1)) if out is None else answer
        return ask_by_output


class Model:
    """Immutable; any number of threads may ask it at a time, and none of them holds the
    interpreter while it computes. Made by load(), loads() and convert()."""

    def __init__(self):
        raise TypeError("models are made by mle.load(), mle.loads() and mle.convert()")

    @classmethod
    def _of(cls, loaded, threads=1, path=None):
        if not isinstance(threads, int) or not 1 <= threads <= 256:
            raise InvalidArgument(f"threads is not {threads!r}", rule="R103",
                                  hint="give a whole number from 1 to 256")
        self = object.__new__(cls)
        self._loaded = loaded
        self._threads = threads
        self._questions = {}
        self._warned = False
        #: Where the file lies, or None for a model in memory.
        self.path = path
        self._seen = _identity(path) if path else None
        #: Of a model that convert() made: what was assumed, chosen and proved; else None.
        self.conversion = None
        #: The questions this model answers: name → (inputs, outputs). The first is the default.
        self.entries = {name: (tuple(map(TensorSpec._make, inputs)),
                               tuple(map(TensorSpec._make, outputs)))
                        for name, inputs, outputs in loaded.entries}
        self._default = next(iter(self.entries))
        self._predicting = "predict" if "predict" in self.entries else ""
        return self

    predict_proba = _AskedByOutput("predict_proba", "The probability of each class, by row.")
    decision_function = _Asked("decision_function", "The score of each class, by row.")
    transform = _Asked("transform", "The columns that the model makes of those it takes.")

    def predict(self, X, *, out=None):
        """The answers to the rows of X: those of entry "predict", or of the model's first.

        X: an array of just the shape and dtype of the input is read in place; others are
        converted. Data frames and dicts go by column name. out: an array to write to."""
        try:
            question = self._questions[self._predicting]
        except KeyError:
            question = self._question(self._predicting)
        answer = question.fast(X, out)
        return self._answer(question, X, out) if answer is None else answer

    def run(self, inputs, *, entry="", outputs=(), out=None):
        """Every output of an entry by name, or the outputs that are named.

        inputs: as X of predict(), or a dict of input name → array. out: a dict of output name →
        array to write to."""
        from . import _rows
        question = self._question(entry, tuple(outputs))
        names = [spec[0] for spec in question.outputs]
        given = [None] * len(names) if out is None else _rows.by_name(out, names)
        return dict(zip(names, _rows.ask(self, question, inputs, given)))

    def _answer(self, question, X, out):
        from . import _rows
        names = [spec[0] for spec in question.outputs]
        answers = _rows.ask(self, question, X, _rows.outs_of(out, names))
        return answers[0] if len(answers) == 1 else answers

    def _question(self, entry, outputs=()):
        key = (entry, outputs) if outputs else entry
        question = self._questions.get(key)
        if question is None:
            if self._loaded is None:
                raise InvalidArgument("the model is closed", hint="load it again")
            question = _mle.Question(self._loaded, entry, list(outputs), self._threads)
            question = self._questions.setdefault(key, question)
        return question

    def _ask_for(self, entry):
        return self._question(entry) if entry in self.entries else None

    # What it is.

    @property
    def inputs(self):
        """Of the default entry, as TensorSpec."""
        return self.entries[self._default][0]

    @property
    def outputs(self):
        """Of the default entry, as TensorSpec."""
        return self.entries[self._default][1]

    @property
    def name(self):
        return self._open().name

    @property
    def isa(self):
        """The kernel table in use: "sse2", "avx2", "avx512" or "neon"."""
        return self._open().isa

    @property
    def rows_mix(self):
        """Whether an answer may depend on all rows it is asked with, as dynamic quantisation makes
        it: then rows that do not belong together are asked apart."""
        return self._open().rows_mix

    @property
    def nbytes(self):
        """Bytes of the file."""
        return self._open().file_bytes

    def __repr__(self):
        inputs = ", ".join(f"{s.name}: {s.dtype}{list(s.shape)}" for s in self.inputs[:4])
        more = ", …" if len(self.inputs) > 4 else ""
        return f"<mle.Model {self.path or 'in memory'}: {', '.join(self.entries)}({inputs}{more})>"

    def _open(self):
        if self._loaded is None:
            raise InvalidArgument("the model is closed", hint="load it again")
        return self._loaded

    # Where it lies.

    def tobytes(self):
        """The bytes of the .mle file."""
        data = self._open().bytes
        if data is None:
            self._still_there()
            with open(self.path, "rb") as file:
                data = file.read()
        return data

    def save(self, path):
        """Writes the .mle file. It appears complete or not at all."""
        _mle.write_file(os.fsdecode(os.fspath(path)), self.tobytes())

    def close(self):
        """Gives the file and all memory back, once no thread is asking any more."""
        self._loaded = None
        self._questions = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _still_there(self):
        if _identity(self.path) != self._seen:
            raise NotFound(f"{self.path}: is not the file any more that was loaded",
                           hint="load it again")

    def __reduce__(self):
        """A handle: the path and what the file hashes to. A model in memory goes as its bytes."""
        data = self._open().bytes
        if data is not None:
            return _restore_bytes, (data, self._threads)
        self._still_there()
        return _restore_path, (self.path, _sha256(self.path), self._threads)

    # What scikit-learn asks of an estimator.

    @property
    def n_features_in_(self):
        from . import _sklearn
        return _sklearn.feature_count(self)

    @property
    def feature_names_in_(self):
        from . import _sklearn
        return _sklearn.feature_names(self)

    @property
    def classes_(self):
        from . import _sklearn
        return _sklearn.classes(self)

    @property
    def _estimator_type(self):
        if "predict_proba" in self.entries or "decision_function" in self.entries:
            return "classifier"
        outputs = self.entries.get("predict", ((), ()))[1]
        if not outputs:
            return None
        return "regressor" if all(o.dtype in _FLOATS for o in outputs) else "classifier"

    def fit(self, X=None, y=None, **_):
        """Learns nothing: a compiled model is frozen. Tools of scikit-learn that refit what they
        are given (cross-validation, say) thus judge the model as it is."""
        return self

    def get_params(self, deep=True):
        """None: there is nothing to set."""
        return {}

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_clone__(self):
        return self

    def __sklearn_tags__(self):
        from . import _sklearn
        return _sklearn.tags(self)


def _identity(path):
    facts = os.stat(path)
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns


def _sha256(path):
    import hashlib
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _restore_path(path, digest, threads):
    model = load(path, threads=threads)
    if _sha256(path) != digest:
        raise Corrupt(f"{path}: is another file than the one that was pickled",
                      hint="bring that file here, or pickle the model again")
    return model


def _restore_bytes(data, threads):
    return loads(data, threads=threads)
