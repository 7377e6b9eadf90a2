# SPDX-License-Identifier: Apache-2.0
from os import PathLike
from types import TracebackType
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

import numpy

__version__: str

class TensorSpec(NamedTuple):
    name: str
    dtype: str
    shape: tuple[int, ...]
    per_row: bool

class Model:
    path: str | None
    conversion: dict[str, Any] | None
    entries: dict[str, tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]]
    def predict(self, X: Any, *, out: Any = None) -> Any: ...
    # These three only where the model has them: hasattr() tells.
    def predict_proba(self, X: Any, *, out: Any = None) -> Any: ...
    def decision_function(self, X: Any, *, out: Any = None) -> Any: ...
    def transform(self, X: Any, *, out: Any = None) -> Any: ...
    def run(
        self,
        inputs: Any,
        *,
        entry: str = "",
        outputs: Iterable[str] = (),
        out: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]: ...
    @property
    def inputs(self) -> tuple[TensorSpec, ...]: ...
    @property
    def outputs(self) -> tuple[TensorSpec, ...]: ...
    @property
    def name(self) -> str: ...
    @property
    def isa(self) -> str: ...
    @property
    def rows_mix(self) -> bool: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def n_features_in_(self) -> int: ...
    @property
    def feature_names_in_(self) -> numpy.ndarray: ...
    @property
    def classes_(self) -> numpy.ndarray | list[numpy.ndarray]: ...
    def fit(self, X: Any = None, y: Any = None, **_: Any) -> Model: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def tobytes(self) -> bytes: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    def close(self) -> None: ...
    def __enter__(self) -> Model: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

def load(
    path: str | PathLike[str], *, threads: int = 1, verify: bool = False, isa: str = ""
) -> Model: ...
def loads(
    data: bytes | bytearray | memoryview, *, threads: int = 1, verify: bool = False, isa: str = ""
) -> Model: ...
def convert(
    source: Any,
    X: Any = None,
    *,
    to: str | PathLike[str] | None = None,
    threads: int = 1,
    precision: str = "auto",
    golden_rows: int | None = None,
    features: Sequence[str] = (),
    labels: Sequence[str] = (),
    name: str = "",
    license: str = "",
    author: str = "",
    card: str = "",
    timestamp: int | None = None,
    shapes: Mapping[str, int] | None = None,
    free_batch: bool = False,
    dynamic_quantize: str = "batch",
    dequantized: str = "onnxruntime",
    arch: str | PathLike[str] | None = None,
    from_format: str = "",
) -> Model: ...

class Error(Exception):
    code: str
    message: str
    rule: str
    hint: str
    offset: int | None
    problems: list[tuple[str, str, str, str, str]]
    def __init__(
        self,
        message: str,
        *,
        rule: str = "",
        hint: str = "",
        offset: int | None = None,
        problems: Iterable[tuple[str, str, str, str, str]] = (),
    ) -> None: ...

class InvalidArgument(Error, ValueError): ...
class NotFound(Error, FileNotFoundError, LookupError): ...
class Corrupt(Error, ValueError): ...
class Unsupported(Error, NotImplementedError): ...
class OutOfMemory(Error, MemoryError): ...
class Io(Error, OSError): ...
class Internal(Error, RuntimeError): ...
