// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/hdf5/hdf5.h"

#include "compiler/import/hdf5/header.h"
#include "compiler/import/hdf5/values.h"
#include "compiler/import/hdf5/view.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::hdf5 {
namespace {

constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
constexpr size_t kMaxObjects = 100'000;
constexpr size_t kMaxVisits = 200'000;  // of the nodes of trees
constexpr int kMaxDepth = 32;
constexpr uint64_t kMaxNameBytes = 4096;

struct Link {
  std::string name;
  uint64_t address = 0;
};

class Tree {
 public:
  Tree(Bytes file, std::shared_ptr<const void> owner) : file_(file), owner_(std::move(owner)) {}

  Result<Node> read() {
    MLE_TRY_ASSIGN(const uint64_t root, root_address());
    return read_object(root, 0);
  }

 private:
  Result<uint64_t> root_address() const {
    MLE_TRY_ASSIGN(const Bytes head, part(file_, 0, 64));
    const uint64_t version = number(head, 8, 1);
    const bool old = version <= 1;
    const size_t sizes = old ? 13 : 9;
    if (version > 3) return not_read("a format of a later version");
    if (number(head, sizes, 1) != 8 || number(head, sizes + 1, 1) != 8)
      return not_read("addresses of another width than 8 bytes");
    const size_t at = old ? (version == 0 ? 24 : 28) : 12;
    const uint64_t base = number(head, at, 8), end = number(head, at + 16, 8);
    if (base != 0) return not_read("something before its beginning");
    if (end > file_.size()) return damaged("it is cut");
    if (!old) return number(head, 36, 8);
    MLE_TRY_ASSIGN(const Bytes entry, part(file_, at + 32, 40));
    return number(entry, 8, 8);
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<Node> read_object(uint64_t address, int depth) {
    if (depth > kMaxDepth || ++objects_ > kMaxObjects)
      return damaged("it is nested too deeply, or in a circle");
    MLE_TRY_ASSIGN(const std::vector<Message> messages, read_header(file_, address));
    Node node;
    std::vector<Link> links;
    for (const Message& message : messages) {
      switch (message.type) {
        case MessageType::Attribute: MLE_TRY(add_attribute(message, node)); break;
        case MessageType::SymbolTable: MLE_TRY(read_symbol_table(message.data, links)); break;
        case MessageType::Link: MLE_TRY(read_link(message.data, links)); break;
        case MessageType::LinkInfo: MLE_TRY(check_link_info(message.data)); break;
        default: break;
      }
    }
    MLE_TRY(read_dataset(messages, node));
    for (Link& link : links) {
      MLE_TRY_ASSIGN(Node child, read_object(link.address, depth + 1));
      if (!node.children.emplace(std::move(link.name), std::move(child)).second)
        return damaged("two members of a group have one name");
    }
    return node;
  }

  Status add_attribute(const Message& message, Node& node) const {
    if (message.is_shared()) return {};
    MLE_TRY_ASSIGN(const Attribute attribute, read_attribute(message.data));
    const bool text =
        attribute.type.kind == Type::Kind::FixedText || attribute.type.kind == Type::Kind::HeapText;
    if (!text) return {};
    MLE_TRY_ASSIGN(node.attributes[attribute.name], read_texts(file_, attribute));
    return {};
  }

  // ---- members of groups ----

  // In version 2 headers: a link each. Kinds other than hard ones name other files or paths.
  static Status read_link(Bytes message, std::vector<Link>& links) {
    Reader reader(message);
    reader.skip(1);
    const uint64_t flags = reader.take(1);
    const uint64_t kind = (flags & 8) != 0 ? reader.take(1) : 0;
    if ((flags & 4) != 0) reader.skip(8);
    if ((flags & 16) != 0) reader.skip(1);
    const uint64_t length = reader.take(size_t{1} << (flags & 3));
    if (length > kMaxNameBytes) return damaged("a name is too long");
    const Bytes name = reader.skip(length);
    const uint64_t address = kind == 0 ? reader.take(8) : 0;
    if (reader.failed()) return damaged("a link is cut");
    if (kind != 0) return not_read("links to other places or files");
    links.push_back({{reinterpret_cast<const char*>(name.data()), name.size()}, address});
    return {};
  }

  static Status check_link_info(Bytes message) {
    Reader reader(message);
    reader.skip(1);
    const uint64_t flags = reader.take(1);
    if ((flags & 1) != 0) reader.skip(8);
    const uint64_t heap = reader.take(8);
    if (reader.failed()) return damaged("a group is cut");
    return heap == kUndefined ? Status() : not_read("groups of very many members");
  }

  Status read_symbol_table(Bytes message, std::vector<Link>& links) {
    if (message.size() < 16) return damaged("a group is cut");
    const uint64_t tree = number(message, 0, 8), heap = number(message, 8, 8);
    MLE_TRY_ASSIGN(const Bytes head, part(file_, heap, 32));
    if (!begins(head, "HEAP")) return damaged("names of a group are not where they are said to be");
    MLE_TRY_ASSIGN(const Bytes names, part(file_, number(head, 24, 8), number(head, 8, 8)));
    std::vector<uint64_t> to_visit = {tree};
    while (!to_visit.empty()) {
      const uint64_t at = to_visit.back();
      to_visit.pop_back();
      if (++visits_ > kMaxVisits) return damaged("a group is too large, or goes in a circle");
      MLE_TRY_ASSIGN(const Bytes kind, part(file_, at, 8));
      if (begins(kind, "SNOD")) {
        MLE_TRY(read_symbols(at, number(kind, 6, 2), names, links));
        continue;
      }
      if (!begins(kind, "TREE") || number(kind, 4, 1) != 0)
        return damaged("members of a group are not where they are said to be");
      const uint64_t count = number(kind, 6, 2);
      constexpr uint64_t kHead = 24, kEntry = 16;  // a key and a child each, one key more
      MLE_TRY_ASSIGN(const Bytes entries, part(file_, at + kHead, count * kEntry + 8));
      for (uint64_t i = 0; i < count; ++i)
        to_visit.push_back(number(entries, static_cast<size_t>(i * kEntry + 8), 8));
    }
    return {};
  }

  Status read_symbols(uint64_t at, uint64_t count, Bytes names, std::vector<Link>& links) const {
    constexpr uint64_t kEntry = 40;
    MLE_TRY_ASSIGN(const Bytes entries, part(file_, at + 8, count * kEntry));
    for (uint64_t i = 0; i < count; ++i) {
      const Bytes entry = entries.subspan(static_cast<size_t>(i * kEntry), kEntry);
      const uint64_t name_at = number(entry, 0, 8);
      if (number(entry, 16, 4) == 2) return not_read("links to other places or files");
      if (name_at >= names.size()) return damaged("a name is not where it is said to be");
      const Bytes from = names.subspan(static_cast<size_t>(name_at));
      const auto end = std::find(from.begin(), from.end(), std::byte{0});
      const auto length = static_cast<size_t>(end - from.begin());
      if (end == from.end() || length > kMaxNameBytes) return damaged("a name has no end");
      links.push_back({{reinterpret_cast<const char*>(from.data()), length}, number(entry, 8, 8)});
    }
    return {};
  }

  // ---- datasets ----

  Status read_dataset(const std::vector<Message>& messages, Node& node) const {
    const Message *shape = nullptr, *type = nullptr, *layout = nullptr;
    bool filtered = false;
    for (const Message& message : messages) {
      if (message.type == MessageType::Dataspace) shape = &message;
      if (message.type == MessageType::Datatype) type = &message;
      if (message.type == MessageType::Layout) layout = &message;
      filtered = filtered || message.type == MessageType::Filters;
    }
    if (shape == nullptr || type == nullptr || layout == nullptr) return {};
    if (type->is_shared() || shape->is_shared()) {
      node.unread = "is of a type of its own";
      return {};
    }
    if (filtered) {
      node.unread = "is compressed";
      return {};
    }
    network::WeightTensor tensor;
    MLE_TRY_ASSIGN(tensor.shape, read_shape(shape->data));
    MLE_TRY_ASSIGN(const Type element, read_type(type->data));
    if (element.kind != Type::Kind::Number) {
      node.unread = "holds no numbers of this machine's order";
      return {};
    }
    tensor.dtype = element.dtype;
    uint64_t bytes = size_of(element.dtype);
    for (const uint64_t dim : tensor.shape)
      if (__builtin_mul_overflow(bytes, dim, &bytes)) return damaged("a shape too large");
    MLE_TRY_ASSIGN(const bool is_read, read_layout(layout->data, bytes, tensor, node));
    if (is_read) node.dataset = std::move(tensor);
    return {};
  }

  Result<bool> read_layout(Bytes message, uint64_t bytes, network::WeightTensor& tensor,
                           Node& node) const {
    Reader reader(message);
    const uint64_t version = reader.take(1), kind = reader.take(1);
    if (reader.failed() || version < 3 || version > 4) {
      node.unread = "is laid out in a way that is not read";
      return false;
    }
    if (bytes == 0) return true;
    Bytes data;
    if (kind == 0) {
      data = reader.skip(reader.take(2));
    } else if (kind == 1) {
      const uint64_t address = reader.take(8), length = reader.take(8);
      if (address == kUndefined || length < bytes) return damaged("a dataset was never written");
      MLE_TRY_ASSIGN(data, part(file_, address, length));
    } else {
      node.unread = "is stored in chunks";
      return false;
    }
    if (reader.failed() || data.size() < bytes) return damaged("a dataset is cut");
    tensor.owner = owner_;
    tensor.bytes = data.first(static_cast<size_t>(bytes));
    return true;
  }

  Bytes file_;
  std::shared_ptr<const void> owner_;
  size_t objects_ = 0, visits_ = 0;
};

}  // namespace

bool is_hdf5(std::span<const std::byte> bytes) { return begins(bytes, kSignature); }

Result<Node> read_tree(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  if (!is_hdf5(bytes)) return damaged("it does not begin as one");
  return Tree(bytes, std::move(owner)).read();
}

const Node* Node::find(std::string_view path) const {
  const Node* node = this;
  while (node != nullptr && !path.empty()) {
    const size_t cut = path.find('/');
    const auto found = node->children.find(path.substr(0, cut));
    node = found == node->children.end() ? nullptr : &found->second;
    path = cut == std::string_view::npos ? "" : path.substr(cut + 1);
  }
  return node;
}

std::optional<std::string> Node::text(std::string_view attribute) const {
  const auto found = attributes.find(attribute);
  if (found == attributes.end() || found->second.size() != 1) return std::nullopt;
  return found->second[0];
}

}  // namespace mle::compiler::hdf5
