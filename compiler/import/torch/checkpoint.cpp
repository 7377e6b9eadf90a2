// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/torch/checkpoint.h"

#include "compiler/import/pickle/machine.h"
#include "compiler/import/torch/names.h"
#include "format/rules.h"

#include <cstring>
#include <utility>

namespace mle::compiler::torch {
namespace {

using enum format::rule::Rule;
using pickle::Id;
using pickle::Kind;
using pickle::Pickle;

// LONG1 of 10 bytes: 0x1950a86a20f9469cfc6c, behind the mark of protocol 2.
constexpr unsigned char kLegacyMagic[] = {0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c,
                                          0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
constexpr int64_t kLegacyProtocol = 1001;

Status damaged(const std::string& what) {
  return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset,
                      "no sound PyTorch file: " + what, "save or copy the file again");
}

constexpr const char* kWayOut =
    "where that is a class of your own: save its weights with torch.save(model.state_dict(), "
    "'weights.pt') and give the layers with --arch FILE.json, or export the model with "
    "torch.export.save(torch.export.export(model.eval(), (example,)), 'model.pt2') or "
    "torch.onnx.export(model.eval(), (example,), 'model.onnx')";

// The pickle, each refused name with PyTorch's own way out.
Result<Pickle> unpickle(std::span<const std::byte> bytes,
                        bool (*knows)(std::string_view, std::string_view), Problems& problems,
                        size_t* used = nullptr) {
  Problems refused;
  pickle::Rules rules;
  rules.knows = knows;
  rules.persistent = true;
  auto read = pickle::unpickle(bytes, rules, refused, used);
  for (const Problem& problem : refused.kept())
    problems.add(problem.code, problem.rule, problem.where, problem.what, kWayOut);
  return read;
}

bool is_text(const Pickle& objects, Id id, std::string_view text) {
  return objects.at(id).kind == Kind::Text && objects.text(id) == text;
}

// The name behind the last dot of a Global; "" for anything else.
std::string short_name(const Pickle& objects, Id id) {
  if (objects.at(id).kind != Kind::Global) return {};
  const std::string name = objects.name_of(id);
  return name.substr(name.rfind('.') + 1);
}

Result<std::vector<int64_t>> integers(const Pickle& objects, Id id) {
  std::vector<int64_t> all;
  Id list = id;
  // torch.Size is a call with one tuple.
  if (objects.at(id).kind == Kind::Call && objects.arguments(id).size() == 1)
    list = objects.arguments(id)[0];
  if (objects.at(list).kind != Kind::Tuple && objects.at(list).kind != Kind::List)
    return damaged("a shape that is no list");
  for (const Id item : objects.items(list)) {
    if (objects.at(item).kind != Kind::Integer) return damaged("a shape of no integers");
    all.push_back(objects.at(item).integer);
  }
  return all;
}

}  // namespace

bool is_legacy(std::span<const std::byte> bytes) {
  return bytes.size() > sizeof kLegacyMagic &&
         std::memcmp(bytes.data(), kLegacyMagic, sizeof kLegacyMagic) == 0;
}

Result<Checkpoint> Checkpoint::open_member(const SourceFile& source, const Archive& archive,
                                           std::string_view pickle, std::string_view storages,
                                           bool (*knows)(std::string_view, std::string_view),
                                           Problems& problems) {
  if (archive.has("byteorder")) {
    MLE_TRY_ASSIGN(const Storage order, archive.read("byteorder"));
    const std::string_view text(reinterpret_cast<const char*>(order.bytes.data()),
                                order.bytes.size());
    if (text != "little")
      return Status::make(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                          "its numbers are big-endian", "save it on a little-endian machine");
  }
  MLE_TRY_ASSIGN(const Storage read, archive.read(pickle));
  Checkpoint checkpoint(source.bytes.size());
  checkpoint.archive_ = archive;
  checkpoint.folder_ = std::string(storages);
  checkpoint.pickle_owner_ = read.owner;
  MLE_TRY_ASSIGN(checkpoint.objects_, unpickle(read.bytes, knows, problems));
  return checkpoint;
}

Result<Checkpoint> Checkpoint::open_archive(const SourceFile& source, const Archive& archive,
                                            Problems& problems) {
  return open_member(source, archive, "data.pkl", "data/", is_checkpoint_name, problems);
}

Result<Checkpoint> Checkpoint::open_legacy(const SourceFile& source, Problems& problems) {
  Checkpoint checkpoint(source.bytes.size());
  checkpoint.pickle_owner_ = source.owner;
  auto rest = source.bytes;
  size_t used = 0;
  const auto next = [&]() -> Result<Pickle> {
    rest = rest.subspan(used);
    return unpickle(rest, is_checkpoint_name, problems, &used);
  };
  MLE_TRY(next().error());  // the magic number
  MLE_TRY_ASSIGN(const Pickle protocol, next());
  if (protocol.at(protocol.root).kind != Kind::Integer ||
      protocol.at(protocol.root).integer != kLegacyProtocol)
    return damaged("another version of the format of PyTorch before 1.6");
  MLE_TRY_ASSIGN(const Pickle system, next());
  const auto little = system.find(system.root, "little_endian");
  if (little && system.at(*little).kind == Kind::Bool && system.at(*little).integer == 0)
    return Status::make(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                        "its numbers are big-endian", "save it on a little-endian machine");
  MLE_TRY_ASSIGN(checkpoint.objects_, next());
  MLE_TRY_ASSIGN(const Pickle keys, next());
  rest = rest.subspan(used);

  // What an element of each storage takes is said where it is used.
  std::map<std::string, uint64_t, std::less<>> element_bytes;
  const Pickle& objects = checkpoint.objects_;
  for (Id id = 0; id < objects.size(); ++id) {
    if (objects.at(id).kind != Kind::Persistent || objects.items(id).empty()) continue;
    const auto asked = objects.items(objects.items(id)[0]);
    if (asked.size() < 3 || objects.at(asked[2]).kind != Kind::Text) continue;
    const auto dtype = storage_dtype(short_name(objects, asked[1]));
    if (dtype) element_bytes[std::string(objects.text(asked[2]))] = size_of(*dtype);
  }
  for (const Id key : keys.items(keys.root)) {
    uint64_t count = 0, bytes = 0;
    const auto known = element_bytes.find(keys.text(key));
    if (keys.at(key).kind != Kind::Text || known == element_bytes.end() ||
        rest.size() < sizeof count)
      return damaged("it ends before its storages");
    std::memcpy(&count, rest.data(), sizeof count);
    rest = rest.subspan(sizeof count);
    if (__builtin_mul_overflow(count, known->second, &bytes) || bytes > rest.size())
      return damaged("it ends within a storage");
    checkpoint.storages_[std::string(keys.text(key))] = {rest.first(bytes), source.owner};
    rest = rest.subspan(bytes);
  }
  return checkpoint;
}

Result<Storage> Checkpoint::storage(std::string_view key) const {
  if (archive_) return archive_->read(folder_ + std::string(key));
  const auto found = storages_.find(key);
  if (found == storages_.end()) return damaged("it has no storage '" + archive::shown(key) + "'");
  return found->second;
}

bool Checkpoint::is_tensor(Id id) const {
  if (objects_.at(id).kind != Kind::Call) return false;
  const std::string name = objects_.name_of(id);
  return name.rfind("torch._utils._rebuild_", 0) == 0 ||
         name == "torch._tensor._rebuild_from_type_v2";
}

// ('storage', torch.FloatStorage, '0', 'cpu', 24[, view]).
Status Checkpoint::read_persistent(Id id, const std::string& name, Strided& tensor,
                                   bool& is_untyped) const {
  if (objects_.at(id).kind != Kind::Persistent || objects_.items(id).empty())
    return damaged("tensor '" + name.substr(0, 80) + "' has no storage");
  const auto asked = objects_.items(objects_.items(id)[0]);
  if (asked.size() < 5 || !is_text(objects_, asked[0], "storage") ||
      objects_.at(asked[2]).kind != Kind::Text || objects_.at(asked[4]).kind != Kind::Integer)
    return damaged("tensor '" + name.substr(0, 80) + "' has no storage");
  const std::string kind = short_name(objects_, asked[1]);
  const auto dtype = storage_dtype(kind);
  if (!dtype)
    return Status::make(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                        "tensor '" + name.substr(0, 80) +
                            "' lies in a storage of a type that is "
                            "not read: " +
                            pickle::printable(kind),
                        "save it as float32");
  is_untyped = kind == "UntypedStorage";
  tensor.dtype = *dtype;
  MLE_TRY_ASSIGN(const Storage found, storage(objects_.text(asked[2])));
  const int64_t count = objects_.at(asked[4]).integer;
  uint64_t bytes = 0;
  if (count < 0 || __builtin_mul_overflow(static_cast<uint64_t>(count), size_of(*dtype), &bytes) ||
      bytes > found.bytes.size())
    return damaged("the storage of tensor '" + name.substr(0, 80) + "' is cut");
  tensor.storage = found.bytes.first(bytes);
  tensor.owner = found.owner;
  if (asked.size() < 6 || objects_.is_none(asked[5])) return {};
  // A view into the storage: (key, offset, length).
  const auto view = objects_.items(asked[5]);
  if (view.size() != 3 || objects_.at(view[1]).kind != Kind::Integer ||
      objects_.at(view[1]).integer < 0)
    return damaged("tensor '" + name.substr(0, 80) + "' is a view of nothing");
  tensor.offset = objects_.at(view[1]).integer;
  return {};
}

Result<network::WeightTensor> Checkpoint::tensor(Id id, const std::string& name) const {
  constexpr int kMostWrappers = 4;  // a parameter wraps a tensor
  for (int depth = 0; depth < kMostWrappers; ++depth) {
    const std::string maker = objects_.name_of(id);
    const auto given = objects_.arguments(id);
    if (maker == "torch._utils._rebuild_parameter" ||
        maker == "torch._utils._rebuild_parameter_with_state") {
      if (given.empty()) break;
      id = given[0];
      continue;
    }
    if (maker == "torch._tensor._rebuild_from_type_v2") {
      // (function, type, arguments, state): the function's call.
      if (given.size() < 3 || objects_.name_of(given[0]) != "torch._utils._rebuild_tensor_v2")
        break;
      const auto inner = objects_.items(given[2]);
      if (inner.size() < 4) break;
      return tensor_of(inner, name, false);
    }
    const bool typed = maker == "torch._utils._rebuild_tensor_v3";
    if ((maker != "torch._utils._rebuild_tensor_v2" && maker != "torch._utils._rebuild_tensor" &&
         !typed) ||
        given.size() < 4)
      break;
    return tensor_of(given, name, typed);
  }
  return Status::make(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                      "tensor '" + name.substr(0, 80) + "' is of a kind that is not read",
                      "save it as a plain dense tensor");
}

Result<network::WeightTensor> Checkpoint::description(Id id) const {
  const auto given = objects_.arguments(id);
  network::WeightTensor made;
  if (given.size() < 4 || objects_.at(given[0]).kind != Kind::Persistent ||
      objects_.items(given[0]).empty())
    return damaged("a tensor has no storage");
  const auto asked = objects_.items(objects_.items(given[0])[0]);
  const auto dtype =
      asked.size() < 2 ? std::nullopt : storage_dtype(short_name(objects_, asked[1]));
  if (!dtype) return damaged("a tensor has no type");
  made.dtype = *dtype;
  MLE_TRY_ASSIGN(const std::vector<int64_t> shape, integers(objects_, given[2]));
  for (const int64_t length : shape) made.shape.push_back(static_cast<uint64_t>(length));
  return made;
}

// (storage, offset, shape, strides, requires_grad, hooks[, dtype, metadata]).
Result<network::WeightTensor> Checkpoint::tensor_of(std::span<const Id> given,
                                                    const std::string& name, bool typed) const {
  Strided tensor;
  bool is_untyped = false;
  MLE_TRY(read_persistent(given[0], name, tensor, is_untyped));
  if (typed && given.size() > 6) {
    const std::string dtype = short_name(objects_, given[6]);
    struct Named {
      std::string_view name;
      DType dtype;
    };
    static constexpr Named kTypes[] = {{"float32", DType::F32}, {"float64", DType::F64},
                                       {"float16", DType::F16}, {"bfloat16", DType::BF16},
                                       {"int64", DType::I64},   {"int32", DType::I32},
                                       {"int16", DType::I16},   {"int8", DType::I8},
                                       {"uint8", DType::U8},    {"bool", DType::Bool}};
    for (const Named& known : kTypes)
      if (known.name == dtype) {
        tensor.dtype = known.dtype;
        is_untyped = false;
      }
  }
  if (is_untyped || objects_.at(given[1]).kind != Kind::Integer)
    return damaged("tensor '" + name.substr(0, 80) + "' has no type or no offset");
  if (__builtin_add_overflow(tensor.offset, objects_.at(given[1]).integer, &tensor.offset))
    return damaged("tensor '" + name.substr(0, 80) + "' has no offset");
  MLE_TRY_ASSIGN(tensor.shape, integers(objects_, given[2]));
  MLE_TRY_ASSIGN(tensor.strides, integers(objects_, given[3]));
  return gather(tensor, name, budget_);
}

}  // namespace mle::compiler::torch
