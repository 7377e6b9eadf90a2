// Initializers become constants, graph inputs become inputs. Here it is decided whether the model
// is row-wise: it is if the first axis of an input is free.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/importing.h"
#include "compiler/import/onnx/tensor_proto.h"
#include "compiler/import/onnx/text.h"
#include "format/limits.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::ValueInfoProto;
// Before this version of the format every initializer was an input, too.
constexpr int64_t kFirstWithConstants = 4;

using Dimension = onnx_pb::TensorShapeProto::Dimension;

// An input of the source with its dims; the first may be free.
struct Declared {
  std::string name;
  DType dtype = DType::F32;
  bool free_rows = false;
  Dims dims;  // without the first where it is free
};

class InputReader {
 public:
  explicit InputReader(Importing& importing) : importing_(importing) {}

  void run() {
    std::vector<Declared> inputs;
    for (const ValueInfoProto& info : importing_.source().input()) {
      if (is_initializer(info.name())) {  // a default nobody overrides
        const auto place = importing_.operands.find(info.name());
        if (place != importing_.operands.end())
          place->second.may_be_fed = importing_.model->ir_version() >= kFirstWithConstants;
        continue;
      }
      const auto [place, is_new] = importing_.operands.try_emplace(info.name());
      if (info.name().empty() || !is_new) {
        importing_.problems.add(broken(C213_GraphBroken, "has no name of its own"), where(info));
        continue;
      }
      if (is_empty(info) && importing_.source().input_size() > 1) {
        leave_out(info);
        continue;
      }
      auto declared = read(info);
      if (declared)
        inputs.push_back(std::move(*declared));
      else
        importing_.problems.add(declared.error(), where(info));
    }
    check_options();
    if (inputs.empty() && importing_.problems.empty())
      importing_.problems.add(broken(C213_GraphBroken, "the model has no inputs"), "");
    add(inputs);
  }

 private:
  static std::string where(const ValueInfoProto& info) { return "input " + quoted(info.name()); }

  bool is_initializer(const std::string& name) {
    if (initializers_.empty())
      for (const onnx_pb::TensorProto& proto : importing_.source().initializer())
        initializers_.insert(proto.name());
    return initializers_.contains(name);
  }

  // An empty list, which CastLike may take for its type.
  static bool is_empty(const ValueInfoProto& info) {
    const auto& type = info.type().tensor_type();
    return type.shape().dim_size() == 1 && type.shape().dim(0).has_dim_value() &&
           type.shape().dim(0).dim_value() == 0 && computed_dtype_of(type.elem_type());
  }

  void leave_out(const ValueInfoProto& info) {
    const DType dtype = *computed_dtype_of(info.type().tensor_type().elem_type());
    importing_.operands[info.name()] =
        Operand::constant(Tensor{info.name(), dtype, {0}, Constant::from_bytes({}), {}});
    importing_.graph.notes.push_back(where(info) + " has no elements: it is left out");
  }

  Result<Declared> read(const ValueInfoProto& info) {
    if (!info.type().has_tensor_type())
      return unsupported(C207_UnsupportedType, "is no tensor",
                         "mle takes tensors, not sequences, maps or optional values");
    const auto& type = info.type().tensor_type();
    Declared declared{info.name(), DType::F32, false, {}};
    const auto dtype = dtype_of(type.elem_type());
    if (!dtype)
      return unsupported(C207_UnsupportedType, "holds " + onnx_type_name(type.elem_type()),
                         "mle reads floats of 16 to 64 bits, integers of 8 to 64, bool and string");
    declared.dtype = *dtype;
    if (!type.has_shape())
      return unsupported(C210_DynamicShape, "has no shape",
                         "export the model with shapes, only the first axis may be free");
    if (type.shape().dim_size() > static_cast<int>(format::kMaxRank))
      return unsupported(C216_LimitReached, "has more than eight axes");
    for (int axis = 0; axis < type.shape().dim_size(); ++axis) {
      MLE_TRY_ASSIGN(const uint32_t length, length_of(info, axis));
      const bool is_batch = axis == 0 && importing_.options.free_batch;
      if (length == 0 || is_batch)
        declared.free_rows = true;
      else
        declared.dims.push_back(length);
    }
    MLE_TRY(check_limits({declared.dtype, Rows::Whole, declared.dims}));
    return declared;
  }

  // 0 for the first axis where it is free.
  Result<uint32_t> length_of(const ValueInfoProto& info, int axis) {
    const Dimension& dim = info.type().tensor_type().shape().dim(axis);
    if (dim.has_dim_value()) {
      if (dim.dim_value() > 0 && static_cast<uint64_t>(dim.dim_value()) <= format::kMaxDim)
        return static_cast<uint32_t>(dim.dim_value());
      return broken(C208_Shape, "has an axis of " + std::to_string(dim.dim_value()) + " elements",
                    "name the axis when exporting if it is meant to be free");
    }
    // An axis without a name of its own is called after its place.
    const std::string name =
        dim.dim_param().empty() ? info.name() + "." + std::to_string(axis) : dim.dim_param();
    names_.insert(name);
    const auto given = importing_.options.shapes.find(name);
    if (given != importing_.options.shapes.end()) {
      if (given->second > 0 && given->second <= format::kMaxDim) return given->second;
      return Status::make(Code::InvalidArgument, C220_Option, Status::kNoOffset,
                          "--shape " + quoted(name) + " is out of range");
    }
    if (axis == 0) return 0;
    return unsupported(C210_DynamicShape,
                       "axis " + std::to_string(axis) + " (" + quoted(name) + ") is free",
                       "only the first axis may be: fix this one with --shape " + name + "=N");
  }

  void check_options() {
    for (const auto& [name, length] : importing_.options.shapes)
      if (!names_.contains(name))
        importing_.problems.add(Code::InvalidArgument, C220_Option, "--shape " + quoted(name),
                                "no input of the model has a free axis of that name");
  }

  void add(const std::vector<Declared>& inputs) {
    for (const Declared& input : inputs) importing_.row_wise |= input.free_rows;
    offer_free_batch(inputs);
    for (const Declared& input : inputs) {
      if (input.free_rows != importing_.row_wise) {
        importing_.problems.add(
            Code::Unsupported, C214_MixesRows, "input " + quoted(input.name),
            "has a fixed first axis while another input has a free one",
            "give all inputs the same batch axis, or fix the free one with --shape NAME=N");
        continue;
      }
      const Fact fact{input.dtype, importing_.row_wise ? Rows::PerRow : Rows::Whole, input.dims};
      const ValueId id = importing_.graph.add_input(input.name, fact);
      importing_.inputs.push_back(id);
      importing_.operands[input.name] = Operand::computed(in_computed_type(id));
    }
  }

  // 16-bit floats are computed in f32.
  ValueId in_computed_type(ValueId id) {
    Fact fact = importing_.graph.value(id).fact;
    if (fact.dtype != DType::F16 && fact.dtype != DType::BF16) return id;
    fact.dtype = DType::F32;
    Node cast;
    cast.kind = OpKind::Cast;
    cast.inputs = {id};
    return importing_.graph.add_node(std::move(cast), std::move(fact));
  }

  // A batch of one is nearly always what the exporter was shown, not what the model needs.
  void offer_free_batch(const std::vector<Declared>& inputs) {
    bool of_one = !inputs.empty() && !importing_.row_wise;
    for (const Declared& input : inputs)
      of_one = of_one && input.dims.size() >= 2 && input.dims[0] == 1;
    if (of_one)
      importing_.graph.notes.push_back(
          "the first axis is fixed at 1, so a call computes one row: with --free-batch the model "
          "takes any number of rows");
  }

  Importing& importing_;
  std::set<std::string> initializers_;
  std::set<std::string> names_;  // of free axes
};

}  // namespace

void import_initializers(Importing& importing, const onnx_pb::GraphProto& graph) {
  for (const onnx_pb::TensorProto& proto : graph.initializer()) {
    const std::string& name = proto.name();
    const std::string where = importing.context + "initializer " + quoted(name);
    const auto [place, is_new] = importing.operands.try_emplace(name);
    if (name.empty() || !is_new) {
      importing.problems.add(broken(C213_GraphBroken, "has no name of its own"), where);
      continue;
    }
    if (!importing.uses.contains(name)) {
      importing.operands.erase(place);
      continue;
    }
    auto tensor = read_tensor(proto, name, importing.owner, importing.external);
    if (tensor)
      place->second = Operand::constant(std::move(*tensor));
    else
      importing.problems.add(tensor.error(), where);
  }
  for (const onnx_pb::SparseTensorProto& sparse : graph.sparse_initializer()) {
    const std::string& name = sparse.values().name();
    if (!importing.uses.contains(name)) continue;
    importing.operands.try_emplace(name);
    importing.problems.add(
        unsupported(C207_UnsupportedType, "is sparse", "export the model with dense weights"),
        importing.context + "initializer " + quoted(name));
  }
}

void import_inputs(Importing& importing) {
  import_initializers(importing, importing.source());
  InputReader(importing).run();
}

}  // namespace mle::compiler::onnx
