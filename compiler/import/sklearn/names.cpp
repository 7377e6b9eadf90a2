// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/names.h"

#include "compiler/import/pickle/data_names.h"
#include "compiler/import/sklearn/helpers.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/unread.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mle::compiler::sklearn {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// Elsewhere: state that is carried along and never looked into, and arrays of other kinds.
constexpr std::array kOthers = {
    Pair{"_loss", "CyAbsoluteError"},
    Pair{"_loss", "CyHalfBinomialLoss"},
    Pair{"_loss", "CyHalfGammaLoss"},
    Pair{"_loss", "CyHalfMultinomialLoss"},
    Pair{"_loss", "CyHalfPoissonLoss"},
    Pair{"_loss", "CyHalfSquaredError"},
    Pair{"_loss", "CyHalfTweedieLoss"},
    Pair{"_loss", "CyHalfTweedieLossIdentity"},
    Pair{"_loss", "CyHuberLoss"},
    Pair{"_loss", "CyPinballLoss"},
    Pair{"_loss", "__pyx_unpickle_CyHalfBinomialLoss"},
    Pair{"_loss", "__pyx_unpickle_CyHalfGammaLoss"},
    Pair{"_loss", "__pyx_unpickle_CyHalfPoissonLoss"},
    Pair{"_loss", "__pyx_unpickle_CyHalfTweedieLoss"},
    Pair{"_loss", "__pyx_unpickle_CyHalfTweedieLossIdentity"},
    Pair{"collections", "defaultdict"},
    Pair{"numpy", "floating"},
    Pair{"numpy", "generic"},
    Pair{"numpy", "integer"},
    Pair{"numpy", "number"},
    Pair{"numpy._core", "_ufunc_reconstruct"},
    Pair{"numpy.core", "_ufunc_reconstruct"},
    Pair{"numpy.core._internal", "_ufunc_reconstruct"},
    Pair{"numpy.random._mt19937", "MT19937"},
    Pair{"numpy.random._pcg64", "PCG64"},
    Pair{"numpy.random._pcg64", "PCG64DXSM"},
    Pair{"numpy.random._philox", "Philox"},
    Pair{"numpy.random._pickle", "__bit_generator_ctor"},
    Pair{"numpy.random._pickle", "__generator_ctor"},
    Pair{"numpy.random._pickle", "__randomstate_ctor"},
    Pair{"numpy.random._sfc64", "SFC64"},
    Pair{"numpy.random.bit_generator", "SeedSequence"},
    Pair{"numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"},
    Pair{"pandas", "Index"},
    Pair{"pandas", "NA"},
    Pair{"pandas", "RangeIndex"},
    Pair{"pandas", "StringDtype"},
    Pair{"pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"},
    Pair{"pandas._libs.missing", "C_NAType"},
    Pair{"pandas._libs.missing", "NA"},
    Pair{"pandas._libs.missing", "NAType"},
    Pair{"pandas.arrays", "StringArray"},
    Pair{"pandas.core.arrays.string_", "StringArray"},
    Pair{"pandas.core.arrays.string_", "StringDtype"},
    Pair{"pandas.core.indexes.base", "Index"},
    Pair{"pandas.core.indexes.base", "_new_Index"},
    Pair{"pandas.core.indexes.numeric", "Int64Index"},
    Pair{"pandas.core.indexes.range", "RangeIndex"},
    Pair{"scipy.interpolate._bsplines", "BSpline"},
    Pair{"scipy.interpolate._bsplines", "_BSpline"},
    Pair{"scipy.interpolate._interpolate", "interp1d"},
    Pair{"scipy.sparse._csc", "csc_array"},
    Pair{"scipy.sparse._csc", "csc_matrix"},
    Pair{"scipy.sparse._csr", "csr_array"},
    Pair{"scipy.sparse._csr", "csr_matrix"},
    Pair{"scipy.sparse.csc", "csc_matrix"},
    Pair{"scipy.sparse.csr", "csr_matrix"},
    Pair{"scipy.stats._continuous_distns", "beta_gen"},
    Pair{"scipy.stats._continuous_distns", "expon_gen"},
    Pair{"scipy.stats._continuous_distns", "gamma_gen"},
    Pair{"scipy.stats._continuous_distns", "lognorm_gen"},
    Pair{"scipy.stats._continuous_distns", "norm_gen"},
    Pair{"scipy.stats._continuous_distns", "reciprocal_gen"},
    Pair{"scipy.stats._continuous_distns", "uniform_gen"},
    Pair{"scipy.stats._discrete_distns", "poisson_gen"},
    Pair{"scipy.stats._discrete_distns", "randint_gen"},
    Pair{"scipy.stats._distn_infrastructure", "rv_continuous_frozen"},
    Pair{"scipy.stats._distn_infrastructure", "rv_discrete_frozen"},
    Pair{"scipy.stats._distn_infrastructure", "rv_frozen"},
};

// Of numpy and scipy: what FunctionTransformer and others may apply. scalers.cpp knows the
// formulas.
constexpr auto kFunctions = std::to_array<std::string_view>(
    {"abs",        "absolute", "arccos",   "arccosh", "arcsin",  "arcsinh",    "arctan",  "arctanh",
     "array",      "asarray",  "cbrt",     "ceil",    "cos",     "cosh",       "deg2rad", "degrees",
     "erf",        "exp",      "exp2",     "expit",   "expm1",   "fabs",       "floor",   "log",
     "log10",      "log1p",    "log2",     "logit",   "max",     "mean",       "median",  "min",
     "nan_to_num", "negative", "positive", "rad2deg", "radians", "reciprocal", "rint",    "sign",
     "sin",        "sinh",     "sqrt",     "square",  "tan",     "tanh"});
constexpr auto kFunctionModules = std::to_array<std::string_view>(
    {"numpy", "numpy._core._multiarray_umath", "numpy._core.fromnumeric",
     "numpy.core._multiarray_umath", "numpy.core.fromnumeric", "numpy.lib._type_check_impl",
     "numpy.lib.type_check", "scipy._lib.array_api_compat.numpy._aliases", "scipy.special",
     "scipy.special._ufuncs"});

static_assert(std::is_sorted(kOthers.begin(), kOthers.end()));
static_assert(std::is_sorted(kFunctions.begin(), kFunctions.end()));
static_assert(std::is_sorted(kFunctionModules.begin(), kFunctionModules.end()));

template <class List, class Wanted>
bool holds(const List& list, const Wanted& wanted) {
  return std::binary_search(list.begin(), list.end(), wanted);
}

}  // namespace

bool is_known_name(std::string_view module, std::string_view name) {
  if (pickle::is_data_name(module, name) || holds(kOthers, Pair{module, name})) return true;
  if (module == "sklearn" || module.starts_with("sklearn."))
    return find_kind(name) != nullptr || find_unread(name) != nullptr || is_helper(name);
  return holds(kFunctionModules, module) && holds(kFunctions, name);
}

}  // namespace mle::compiler::sklearn
