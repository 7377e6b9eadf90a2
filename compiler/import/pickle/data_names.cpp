// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/pickle/data_names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mle::compiler::pickle {
namespace {

using Name = std::pair<std::string_view, std::string_view>;

// None of them does anything here; the list says what a saved model has a reason to hold.
constexpr std::array kNames = {
    Name{"__builtin__", "bool"},
    Name{"__builtin__", "bytearray"},
    Name{"__builtin__", "bytes"},
    Name{"__builtin__", "complex"},
    Name{"__builtin__", "dict"},
    Name{"__builtin__", "float"},
    Name{"__builtin__", "frozenset"},
    Name{"__builtin__", "int"},
    Name{"__builtin__", "list"},
    Name{"__builtin__", "long"},
    Name{"__builtin__", "object"},
    Name{"__builtin__", "set"},
    Name{"__builtin__", "slice"},
    Name{"__builtin__", "str"},
    Name{"__builtin__", "tuple"},
    Name{"__builtin__", "unicode"},
    Name{"_codecs", "encode"},
    Name{"builtins", "bool"},
    Name{"builtins", "bytearray"},
    Name{"builtins", "bytes"},
    Name{"builtins", "complex"},
    Name{"builtins", "dict"},
    Name{"builtins", "float"},
    Name{"builtins", "frozenset"},
    Name{"builtins", "int"},
    Name{"builtins", "list"},
    Name{"builtins", "object"},
    Name{"builtins", "set"},
    Name{"builtins", "slice"},
    Name{"builtins", "str"},
    Name{"builtins", "tuple"},
    Name{"collections", "OrderedDict"},
    Name{"copy_reg", "_reconstructor"},
    Name{"copyreg", "_reconstructor"},
    Name{"joblib.numpy_pickle", "NumpyArrayWrapper"},
    Name{"numpy", "bool"},
    Name{"numpy", "bool_"},
    Name{"numpy", "bytes_"},
    Name{"numpy", "complex128"},
    Name{"numpy", "complex64"},
    Name{"numpy", "datetime64"},
    Name{"numpy", "dtype"},
    Name{"numpy", "float16"},
    Name{"numpy", "float32"},
    Name{"numpy", "float64"},
    Name{"numpy", "int16"},
    Name{"numpy", "int32"},
    Name{"numpy", "int64"},
    Name{"numpy", "int8"},
    Name{"numpy", "intc"},
    Name{"numpy", "longdouble"},
    Name{"numpy", "longlong"},
    Name{"numpy", "ndarray"},
    Name{"numpy", "object_"},
    Name{"numpy", "str_"},
    Name{"numpy", "timedelta64"},
    Name{"numpy", "uint16"},
    Name{"numpy", "uint32"},
    Name{"numpy", "uint64"},
    Name{"numpy", "uint8"},
    Name{"numpy", "uintc"},
    Name{"numpy", "ulonglong"},
    Name{"numpy", "void"},
    Name{"numpy._core.multiarray", "_reconstruct"},
    Name{"numpy._core.multiarray", "scalar"},
    Name{"numpy._core.numeric", "_frombuffer"},
    Name{"numpy.core.multiarray", "_reconstruct"},
    Name{"numpy.core.multiarray", "scalar"},
    Name{"numpy.core.numeric", "_frombuffer"},
    Name{"numpy.ma", "MaskedArray"},
    Name{"numpy.ma.core", "MaskedArray"},
    Name{"numpy.ma.core", "_mareconstruct"},
};
static_assert(std::is_sorted(kNames.begin(), kNames.end()));

}  // namespace

bool is_data_name(std::string_view module, std::string_view name) {
  return std::binary_search(kNames.begin(), kNames.end(), Name{module, name});
}

}  // namespace mle::compiler::pickle
