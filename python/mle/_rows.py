"""Rows of any kind to the tensors a model takes, and its answers back.

Nothing here is asked where rows already lie as the model wants them.
"""
# SPDX-License-Identifier: Apache-2.0
import warnings

import numpy

from ._errors import InvalidArgument, Unsupported

_TYPE, _SIZE, _COUNT, _COLUMNS = "R111", "R112", "R110", "T304"


def ask(model, question, rows, outs):
    """The answers of a question by output; outs: by output an array to write to, or None."""
    specs = question.outputs
    leading = None
    if question.axes and all(out is None for out in outs):
        rows, leading = _along_dims(rows, question.inputs[0], question.axes)
    tensors = tensors_of(question.inputs, model._open().features, rows, model)
    plain = [None if spec[1] in ("str", "bfloat16") else out for spec, out in zip(specs, outs)]
    answers = question.ask(tensors, plain)
    answers = [_finish(answer, spec, out) for answer, spec, out in zip(answers, specs, outs)]
    return answers if leading is None else \
        [answer.reshape(leading + answer.shape[1:]) for answer in answers]


def _along_dims(rows, spec, axes):
    """An array of other axes, which the model's source takes, too, as [rows, dims]; and the axes
    that count rows, where they are more than one."""
    array = rows.get(spec[0]) if isinstance(rows, dict) else rows
    if not isinstance(array, numpy.ndarray):
        return rows, None
    shape, dims = array.shape, tuple(spec[2])
    first = len(shape) - len(dims)
    if axes == "leading" and first > 1 and shape[first:] == dims:
        leading = shape[:first]
        return array.reshape((numpy.prod(leading, dtype=int),) + dims), leading
    if axes == "flattened" and len(shape) > 2 and numpy.prod(shape[1:], dtype=int) == dims[0]:
        return array.reshape((shape[0],) + dims), None
    return rows, None


def tensors_of(specs, features, rows, warned=None):
    """By input an array that the extension takes as it is, or a flat list of str and None.

    features: names of the columns of the first input, where it has any. warned: what remembers
    that it was said that there are columns nobody wants."""
    names = _names_of(rows)
    if len(specs) == 1:
        spec = specs[0]
        if names is not None and features:
            return [_matrix(rows, names, features, spec, warned)]
        if names is not None and spec[0] in names:
            _say_unused(names, [spec[0]], warned)
            return [_tensor(rows[spec[0]], spec)]
        if isinstance(rows, dict):
            raise _missing([spec[0]], names)
        if is_positional(specs) and _is_wider(rows, spec):
            return _by_position(specs, rows)
        return [_tensor(rows, spec)]
    if names is None:
        return _by_position(specs, rows)
    missing = [spec[0] for spec in specs if spec[0] not in names]
    if missing:
        raise _missing(missing, names)
    _say_unused(names, [spec[0] for spec in specs], warned)
    columns = _transposed(rows, names)
    return [_tensor(columns[spec[0]], spec) for spec in specs]


def is_positional(specs):
    """Whether inputs are called x0, x1 …: columns that had no names."""
    return all(spec[0][:1] == "x" and spec[0][1:].isdigit() for spec in specs)


def _is_wider(rows, spec):
    """Whether rows are a table, and the input one of its columns."""
    shape = numpy.shape(rows)
    return spec[3] and numpy.prod(spec[2], dtype=int) == 1 and len(shape) == 2 and shape[1] != 1


def outs_of(out, names):
    if out is None:
        return [None] * len(names)
    if isinstance(out, dict):
        return by_name(out, names)
    if len(names) == 1:
        return [out]
    if not isinstance(out, (list, tuple)) or len(out) != len(names):
        raise InvalidArgument(f"out: wants {len(names)} arrays, by name or in order",
                              rule=_COUNT, hint=f"the outputs are {', '.join(names)}")
    return list(out)


def by_name(given, names):
    unknown = [name for name in given if name not in names]
    if unknown:
        raise InvalidArgument(f"out: there is no output '{unknown[0]}'", rule="R106",
                              hint=f"the outputs are {', '.join(names)}")
    return [given.get(name) for name in names]


# Columns by name.

def _names_of(rows):
    """The names of columns, or None where there are none."""
    if isinstance(rows, dict):
        return list(rows)
    if isinstance(rows, numpy.ndarray):
        return list(rows.dtype.names) if rows.dtype.names else None
    if isinstance(rows, (list, tuple)):
        return list(rows[0]) if rows and isinstance(rows[0], dict) else None
    names = getattr(rows, "column_names", None)  # an Arrow table
    if not isinstance(names, list):
        names = getattr(rows, "columns", None)  # a data frame
    if names is None or not hasattr(rows, "__getitem__"):
        return None
    names = list(names)
    return names if names and all(isinstance(name, str) for name in names) else None


def _transposed(rows, names):
    """Records to columns; whatever already is columns stays."""
    if isinstance(rows, (list, tuple)):
        return {name: [row.get(name) for row in rows] for name in names}
    return rows


def _matrix(rows, names, features, spec, warned):
    missing = [name for name in features if name not in names]
    if missing:
        if isinstance(rows, dict) and spec[0] in names:
            return _tensor(rows[spec[0]], spec)
        raise _missing(missing, names)
    _say_unused(names, features, warned)
    columns = _transposed(rows, names)
    name, dtype, shape, per_row = spec
    if len(shape) != 1 or not per_row or dtype == "str":
        raise InvalidArgument(f"input '{name}' is no table", rule=_COLUMNS,
                              hint=f"pass a dict with an array for '{name}'")
    one = (name, dtype, (), True)
    parts = [_tensor(columns[feature], (feature,) + one[1:]) for feature in features]
    if any(len(part) != len(parts[0]) for part in parts):
        raise InvalidArgument("the columns are not equally long", rule="R113")
    table = numpy.empty((len(parts[0]), len(parts)), parts[0].dtype if dtype == "bfloat16" else dtype)
    for column, part in enumerate(parts):
        table[:, column] = part
    return table


def _missing(missing, names):
    shown = ", ".join(f"'{name}'" for name in missing[:5]) + (" …" if len(missing) > 5 else "")
    return InvalidArgument(f"column {shown} is missing" if len(missing) == 1 else
                           f"columns {shown} are missing", rule=_COLUMNS,
                           hint="there are: " + ", ".join(map(str, names[:20])))


def _say_unused(names, wanted, warned):
    if warned is None or warned._warned:
        return
    wanted = set(wanted)
    unused = [name for name in names if name not in wanted]
    if unused:
        warned._warned = True
        warnings.warn("columns the model does not take are ignored: " +
                      ", ".join(map(str, unused[:10])), stacklevel=6)


# Columns by position.

def _by_position(specs, rows):
    wide = [spec for spec in specs if not spec[3] or numpy.prod(spec[2], dtype=int) != 1]
    if wide:
        raise InvalidArgument(f"the model takes {len(specs)} inputs", rule=_COUNT,
                              hint="pass a dict of input name → array: " +
                              ", ".join(spec[0] for spec in specs[:10]))
    if hasattr(rows, "toarray"):
        rows = rows.toarray()
    table = rows if isinstance(rows, numpy.ndarray) else numpy.array(rows, dtype=object)
    at = list(range(len(specs)))
    if is_positional(specs):
        at = [int(spec[0][1:]) for spec in specs]
    if table.ndim != 2 or (table.shape[1] <= max(at) if is_positional(specs)
                           else table.shape[1] != len(at)):
        raise InvalidArgument(f"wants {max(at) + 1} columns, got shape {table.shape}", rule=_SIZE)
    return [_tensor(table[:, column], spec) for column, spec in zip(at, specs)]


# One tensor.

def _tensor(value, spec):
    if spec[1] == "str":
        return _strings(value, spec)
    return _dense(_converted(_fitted(_array(value), spec), spec))


def _array(value):
    if isinstance(value, numpy.ndarray):
        return value
    if hasattr(value, "toarray"):  # a sparse matrix
        return value.toarray()
    if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
        return numpy.from_dlpack(value)
    try:
        return numpy.asarray(value)
    except ValueError as error:
        raise InvalidArgument(f"the rows are no array: {error}", rule=_SIZE) from None


def _fitted(array, spec):
    """A column may come as one axis or as two."""
    shape = tuple(spec[2])
    if spec[3] and array.ndim not in (0, len(shape) + 1) and array.size == len(array) and \
            numpy.prod(shape, dtype=int) == 1:
        return array.reshape((len(array),) + shape)
    return array


def _converted(array, spec):
    name, dtype = spec[0], spec[1]
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if dtype == "bfloat16":
        return _to_bf16(_converted(array, (name, "float32")).astype(numpy.float32))
    wanted = numpy.dtype(dtype)
    if array.dtype == wanted:
        return array
    if array.dtype.kind == "O":
        array = _numbers(array, wanted, name)
    if array.dtype.kind not in "fiub":
        raise InvalidArgument(f"'{name}': wants {dtype}, got {array.dtype}", rule=_TYPE)
    if wanted.kind == "f":
        # The runtime itself rounds float64 to float32 while it copies.
        is_rounded_there = array.dtype == numpy.float64 and wanted == numpy.float32
        return array if is_rounded_there else array.astype(wanted)
    with numpy.errstate(invalid="ignore"):
        exact = array.astype(wanted)
    if not numpy.array_equal(exact, array):
        raise InvalidArgument(f"'{name}': holds values that {dtype} cannot hold", rule=_TYPE)
    return exact


def _numbers(array, wanted, name):
    """Python objects as numbers; nothing (None, NA) is not a number."""
    missing = float("nan")
    try:
        flat = [missing if value is None or type(value).__name__ == "NAType" else value
                for value in array.ravel().tolist()]
        if any(isinstance(value, (str, bytes)) for value in flat):
            raise ValueError("text")
        kind = None if wanted.kind in "iub" and all(value == value for value in flat) \
            else numpy.float64
        return numpy.array(flat, dtype=kind).reshape(array.shape)
    except (TypeError, ValueError, OverflowError):
        raise InvalidArgument(f"'{name}': wants {wanted}, got objects that are no numbers",
                              rule=_TYPE) from None


def _dense(array):
    """Rows densely packed, as the extension takes them; they may lie apart."""
    if array.flags.c_contiguous:
        return array
    row = array[:1]
    if array.ndim and row.flags.c_contiguous and array.strides[0] >= row.nbytes:
        return array
    return numpy.ascontiguousarray(array)


def _strings(value, spec):
    array = _fitted(numpy.asarray(value, dtype=object), spec)
    shape = tuple(spec[2])
    if array.shape[1:] != shape if spec[3] and array.ndim else array.shape != shape:
        raise InvalidArgument(f"input '{spec[0]}': wants shape "
                              f"{('rows',) + shape if spec[3] else shape}, got {array.shape}",
                              rule=_SIZE)
    return [text if type(text) is str else _string(text, spec[0]) for text in array.ravel().tolist()]


def _string(value, name):
    if isinstance(value, str):
        return str(value)
    if value is None or value is numpy.nan or type(value).__name__ == "NAType" or \
            (isinstance(value, float) and value != value):
        return None
    raise InvalidArgument(f"'{name}': wants strings, got {type(value).__name__}", rule=_TYPE)


# Answers.

def _finish(answer, spec, out):
    name, dtype, shape, per_row = spec
    if dtype == "bfloat16":
        answer = (answer.astype(numpy.uint32) << 16).view(numpy.float32)
    elif dtype == "str":
        kind = object if any(text is None for text in answer) else str
        answer = numpy.array(answer, dtype=kind).reshape(((-1,) if per_row and answer else
                                                          (0,) if per_row else ()) + tuple(shape))
    else:
        return answer
    if out is None:
        return answer
    if getattr(out, "shape", None) != answer.shape:
        raise InvalidArgument(f"output '{name}': wants an array of shape {answer.shape}", rule=_SIZE)
    out[...] = answer
    return out


def _to_bf16(array):
    """The upper halves of floats, rounded to nearest even."""
    bits = numpy.ascontiguousarray(array).view(numpy.uint32)
    if numpy.isnan(array).any():
        raise Unsupported("NaN in a bfloat16 input", rule=_TYPE, hint="pass the bits as uint16")
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16)
