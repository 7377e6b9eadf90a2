"""Runs compiled .mle models, and makes them from trained ones.

    model = mle.load("iris.mle")
    model.predict(X)

    model = mle.convert(fitted_estimator, X=rows)      # or the path of a model file
    model.save("iris.mle")

Everything is described in docs/python.md of the project.
"""
# SPDX-License-Identifier: Apache-2.0
from ._errors import (Corrupt, Error, Internal, InvalidArgument, Io, NotFound, OutOfMemory,
                      Unsupported)
from ._mle import version as __version__
from ._model import Model, TensorSpec, load, loads

__all__ = ["load", "loads", "convert", "Model", "TensorSpec", "Error", "InvalidArgument", "NotFound",
           "Corrupt", "Unsupported", "OutOfMemory", "Io", "Internal", "__version__"]


def convert(source, X=None, **options):
    """Compiles a fitted estimator, or the model file at a path. See docs/python.md."""
    from ._convert import convert as convert_now  # what only converting needs is loaded by it
    return convert_now(source, X, **options)
