// c.h in terms of the C++ API: translation only.
// SPDX-License-Identifier: Apache-2.0
#include <mle/c.h>
#include <mle/mle.h>

#include "format/rules.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

struct mle_model {
  mle::Model model;
};

struct mle_session {
  mle::Session session;
};

namespace {

namespace rule = mle::format::rule;
using mle::Code;
using mle::Status;

static_assert(sizeof(mle_error) == 512 && sizeof(mle_tensor) == 32 && sizeof(mle_string) == 16,
              "frozen with the first release");
static_assert(MLE_INTERNAL == static_cast<int>(Code::Internal));
static_assert(MLE_STR == static_cast<int>(mle::DType::Str));

// Cuts before a UTF-8 sequence that does not fit.
template <size_t size>
void copy_text(char (&to)[size], const char* from) noexcept {
  size_t length = ::strnlen(from, size);
  if (length == size) {
    --length;
    while (length > 0 && (static_cast<unsigned char>(from[length]) & 0xC0) == 0x80) --length;
  }
  std::memcpy(to, from, length);
  to[length] = '\0';
}

mle_code report(const Status& status, mle_error* error) noexcept {
  if (!status.ok() && error != nullptr) {
    error->code = static_cast<int32_t>(status.code());
    error->rule = status.rule();
    error->offset = status.offset();
    copy_text(error->message, status.message());
    copy_text(error->hint, status.hint());
  }
  return static_cast<mle_code>(status.code());
}

Status null_argument(const char* function, const char* argument) noexcept {
  return mle::error(Code::InvalidArgument, rule::R114_NullData, Status::kNoOffset,
                    "see mle/c.h for what may be NULL", "%s: %s is NULL", function, argument);
}

Status bad_option(const char* option, int32_t value) noexcept {
  return mle::error(Code::InvalidArgument, rule::R103_Option, Status::kNoOffset,
                    "see mle/c.h for its values", "%s: %d is not one of its values", option, value);
}

// Copies the caller's struct over our defaults. A caller compiled against an older c.h passes a
// shorter struct; one compiled against a newer c.h may pass a longer one, if it uses nothing new.
template <class Options>
Status read_options(const Options* from, Options& to) noexcept {
  if (from == nullptr) return {};
  const size_t size = from->struct_size;
  const unsigned char* bytes = reinterpret_cast<const unsigned char*>(from);
  const bool too_small = size < sizeof from->struct_size;
  if (too_small || (size > sizeof to && std::any_of(bytes + sizeof to, bytes + size,
                                                    [](unsigned char b) { return b != 0; }))) {
    return mle::error(Code::InvalidArgument, rule::R103_Option, Status::kNoOffset,
                      "set struct_size to sizeof the struct, and the rest to 0",
                      "struct_size: %zu, this library knows %zu bytes%s", size, sizeof to,
                      too_small ? "" : " and the rest is not 0");
  }
  std::memcpy(&to, from, std::min(size, sizeof to));
  return {};
}

Status to_cpp(const mle_load_options* given, mle::LoadOptions& to) noexcept {
  mle_load_options from = {};
  MLE_TRY(read_options(given, from));
  if (from.verify < 0 || from.verify > 1) return bad_option("verify", from.verify);
  if (from.populate < 0 || from.populate > 2) return bad_option("populate", from.populate);
  if (from.copy < 0 || from.copy > 1) return bad_option("copy", from.copy);
  if (from.reserved != 0) return bad_option("reserved", from.reserved);
  to.verify = static_cast<mle::Verify>(from.verify);
  to.populate = static_cast<mle::Populate>(from.populate);
  to.copy = from.copy == 1;
  if (from.isa != nullptr) to.isa = from.isa;
  return {};
}

mle_code hand_out(mle::Result<mle::Model> model, mle_model** to, mle_error* error) noexcept {
  if (!model) return report(model.error(), error);
  *to = new (std::nothrow) mle_model{std::move(*model)};
  return *to == nullptr ? report(Status::out_of_memory(), error) : MLE_OK;
}

// The names of outputs as C++ wants them, in memory that goes with this.
class Names {
 public:
  Names() noexcept = default;
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;
  ~Names() { delete[] names_; }

  Status read(const char* const* from, size_t count) noexcept {
    if (count == 0) return {};
    if (from == nullptr) return null_argument("mle_session_options", "outputs");
    names_ = new (std::nothrow) std::string_view[count];
    if (names_ == nullptr) return Status::out_of_memory();
    for (size_t i = 0; i < count; ++i) {
      if (from[i] == nullptr) return null_argument("mle_session_options", "an output's name");
      names_[i] = from[i];
    }
    count_ = count;
    return {};
  }
  std::span<const std::string_view> get() const noexcept { return {names_, count_}; }

 private:
  std::string_view* names_ = nullptr;
  size_t count_ = 0;
};

Status create_session(const mle_model* model, const mle_session_options* given,
                      mle_session** session) noexcept {
  mle_session_options from = {};
  MLE_TRY(read_options(given, from));
  if (from.reserved != 0) return bad_option("reserved", from.reserved);
  Names outputs;
  MLE_TRY(outputs.read(from.outputs, from.output_count));
  mle::SessionOptions options;
  if (from.entry != nullptr) options.entry = from.entry;
  options.outputs = outputs.get();
  options.tile_rows = from.tile_rows;
  options.threads = from.threads == 0 ? 1 : from.threads;
  MLE_TRY_ASSIGN(mle::Session made, mle::Session::make(model->model, options));
  *session = new (std::nothrow) mle_session{std::move(made)};
  return *session == nullptr ? Status::out_of_memory() : Status();
}

// In and Out for mle_tensors, without memory of their own for the usual handful.
template <class View>
class Tensors {
 public:
  Tensors() noexcept = default;
  Tensors(const Tensors&) = delete;
  Tensors& operator=(const Tensors&) = delete;
  ~Tensors() {
    if (views_ != few()) ::operator delete(views_);
  }

  Status read(const mle_tensor* from, size_t count) noexcept {
    if (count == 0) return {};
    if (from == nullptr) return null_argument("mle_session_run_tensors", "an array of tensors");
    if (count > kFew) {
      if (count > SIZE_MAX / sizeof(View)) return Status::out_of_memory();
      views_ = static_cast<View*>(::operator new(count * sizeof(View), std::nothrow));
      if (views_ == nullptr) return Status::out_of_memory();
    }
    for (size_t i = 0; i < count; ++i) {
      const mle_tensor& tensor = from[i];
      if (tensor.dtype < MLE_F32 || tensor.dtype > MLE_STR)
        return bad_option("dtype", tensor.dtype);
      if (tensor.reserved != 0)
        return bad_option("reserved", static_cast<int32_t>(tensor.reserved));
      ::new (static_cast<void*>(views_ + i))
          View(static_cast<mle::DType>(tensor.dtype), tensor.data, tensor.count, tensor.row_bytes,
               mle::detail::Strings::C);
    }
    count_ = count;
    return {};
  }
  std::span<const View> get() const noexcept { return {views_, count_}; }

 private:
  static constexpr size_t kFew = 16;
  View* few() noexcept { return reinterpret_cast<View*>(room_); }

  alignas(View) std::byte room_[kFew * sizeof(View)];
  View* views_ = few();
  size_t count_ = 0;
};

Status run_tensors(mle_session* session, const mle_tensor* in, size_t n_in, const mle_tensor* out,
                   size_t n_out) noexcept {
  if (session == nullptr) return null_argument("mle_session_run_tensors", "session");
  Tensors<mle::In> inputs;
  Tensors<mle::Out> outputs;
  MLE_TRY(inputs.read(in, n_in));
  MLE_TRY(outputs.read(out, n_out));
  return session->session.run(inputs.get(), outputs.get());
}

const mle::TensorSpec* spec_at(std::span<const mle::TensorSpec> specs, size_t index) noexcept {
  return index < specs.size() ? &specs[index] : nullptr;
}

}  // namespace

const char* mle_version(void) { return MLE_VERSION_STRING; }

mle_code mle_model_load(const char* path, mle_model** model, mle_error* error) {
  if (model == nullptr) return report(null_argument("mle_model_load", "model"), error);
  return mle_model_load_with(path, nullptr, model, error);
}

mle_code mle_model_load_with(const char* path, const mle_load_options* options, mle_model** model,
                             mle_error* error) {
  if (model == nullptr) return report(null_argument("mle_model_load_with", "model"), error);
  *model = nullptr;
  mle::LoadOptions load;
  if (const Status status = to_cpp(options, load); !status.ok()) return report(status, error);
  return hand_out(mle::Model::load(path, load), model, error);
}

mle_code mle_model_from_memory(const void* data, size_t size, const mle_load_options* options,
                               mle_model** model, mle_error* error) {
  if (model == nullptr) return report(null_argument("mle_model_from_memory", "model"), error);
  *model = nullptr;
  mle::LoadOptions load;
  if (const Status status = to_cpp(options, load); !status.ok()) return report(status, error);
  const std::span bytes(static_cast<const std::byte*>(data), size);
  return hand_out(mle::Model::from_memory(bytes, load), model, error);
}

void mle_model_destroy(mle_model* model) { delete model; }

const char* mle_model_isa(const mle_model* model) {
  return model == nullptr ? nullptr : model->model.isa();
}

int mle_model_rows_mix(const mle_model* model) {
  return model != nullptr && model->model.rows_mix() ? 1 : 0;
}

size_t mle_model_input_count(const mle_model* model) {
  return model == nullptr ? 0 : model->model.inputs().size();
}

size_t mle_model_output_count(const mle_model* model) {
  return model == nullptr ? 0 : model->model.outputs().size();
}

const char* mle_model_input_name(const mle_model* model, size_t index) {
  if (model == nullptr) return nullptr;
  const mle::TensorSpec* spec = spec_at(model->model.inputs(), index);
  return spec == nullptr ? nullptr : spec->name.data();
}

const char* mle_model_output_name(const mle_model* model, size_t index) {
  if (model == nullptr) return nullptr;
  const mle::TensorSpec* spec = spec_at(model->model.outputs(), index);
  return spec == nullptr ? nullptr : spec->name.data();
}

size_t mle_model_input_width(const mle_model* model, size_t index) {
  if (model == nullptr) return 0;
  const mle::TensorSpec* spec = spec_at(model->model.inputs(), index);
  return spec == nullptr ? 0 : spec->width();
}

size_t mle_model_output_width(const mle_model* model, size_t index) {
  if (model == nullptr) return 0;
  const mle::TensorSpec* spec = spec_at(model->model.outputs(), index);
  return spec == nullptr ? 0 : spec->width();
}

mle_code mle_session_create(const mle_model* model, const mle_session_options* options,
                            mle_session** session, mle_error* error) {
  if (session == nullptr) return report(null_argument("mle_session_create", "session"), error);
  *session = nullptr;
  if (model == nullptr) return report(null_argument("mle_session_create", "model"), error);
  return report(create_session(model, options, session), error);
}

mle_code mle_session_run(mle_session* session, const float* in, size_t in_count, float* out,
                         size_t out_count, mle_error* error) {
  if (session == nullptr) return report(null_argument("mle_session_run", "session"), error);
  return report(session->session.run(std::span(in, in_count), std::span(out, out_count)), error);
}

mle_code mle_session_run_tensors(mle_session* session, const mle_tensor* in, size_t n_in,
                                 const mle_tensor* out, size_t n_out, mle_error* error) {
  return report(run_tensors(session, in, n_in, out, n_out), error);
}

void mle_session_destroy(mle_session* session) { delete session; }
