// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/hdf5/header.h"

namespace mle::compiler::hdf5 {
namespace {

constexpr size_t kMaxMessages = 10'000;
constexpr size_t kMaxChunks = 1'000;
constexpr size_t kChecksumBytes = 4;

struct Chunk {
  uint64_t address, length;
};

// A continuation names the place of the next chunk.
Status note(const Message& message, std::vector<Message>& messages, std::vector<Chunk>& chunks) {
  if (message.type == MessageType::Continuation) {
    if (message.data.size() < 16) return damaged("a continuation of nothing");
    chunks.push_back({number(message.data, 0, 8), number(message.data, 8, 8)});
    if (chunks.size() > kMaxChunks) return damaged("an object in too many parts");
  } else {
    messages.push_back(message);
    if (messages.size() > kMaxMessages) return damaged("an object of too many messages");
  }
  return {};
}

Status read_messages_1(Bytes chunk, std::vector<Message>& messages, std::vector<Chunk>& chunks) {
  Reader reader(chunk);
  while (reader.rest().size() >= 8) {
    Message message;
    message.type = static_cast<MessageType>(reader.take(2));
    const uint64_t length = reader.take(2);
    message.flags = static_cast<uint8_t>(reader.take(1));
    reader.skip(3);
    message.data = reader.skip(length);
    if (reader.failed()) return damaged("a message is cut");
    MLE_TRY(note(message, messages, chunks));
  }
  return {};
}

Status read_messages_2(Bytes chunk, bool ordered, std::vector<Message>& messages,
                       std::vector<Chunk>& chunks) {
  const size_t head = ordered ? 6 : 4;
  Reader reader(chunk);
  while (reader.rest().size() >= head) {
    Message message;
    message.type = static_cast<MessageType>(reader.take(1));
    const uint64_t length = reader.take(2);
    message.flags = static_cast<uint8_t>(reader.take(1));
    if (ordered) reader.skip(2);
    message.data = reader.skip(length);
    if (reader.failed()) return damaged("a message is cut");
    MLE_TRY(note(message, messages, chunks));
  }
  return {};
}

Result<std::vector<Message>> read_header_1(Bytes file, uint64_t address) {
  constexpr uint64_t kHeadBytes = 16;
  MLE_TRY_ASSIGN(const Bytes head, part(file, address, kHeadBytes));
  std::vector<Message> messages;
  std::vector<Chunk> chunks = {{address + kHeadBytes, number(head, 8, 4)}};
  for (size_t i = 0; i < chunks.size(); ++i) {
    MLE_TRY_ASSIGN(const Bytes chunk, part(file, chunks[i].address, chunks[i].length));
    MLE_TRY(read_messages_1(chunk, messages, chunks));
  }
  return messages;
}

Result<std::vector<Message>> read_header_2(Bytes file, uint64_t address) {
  MLE_TRY_ASSIGN(const Bytes all, part(file, address, file.size() - address));
  Reader reader(all);
  reader.skip(5);
  const uint64_t flags = reader.take(1);
  if ((flags & 0x20) != 0) reader.skip(16);
  if ((flags & 0x10) != 0) reader.skip(4);
  const uint64_t length = reader.take(size_t{1} << (flags & 3));
  const Bytes first = reader.skip(length);
  if (reader.failed()) return damaged("an object is cut");
  const bool ordered = (flags & 4) != 0;
  std::vector<Message> messages;
  std::vector<Chunk> chunks;
  MLE_TRY(read_messages_2(first, ordered, messages, chunks));
  for (size_t i = 0; i < chunks.size(); ++i) {
    MLE_TRY_ASSIGN(const Bytes chunk, part(file, chunks[i].address, chunks[i].length));
    if (!begins(chunk, "OCHK") || chunk.size() < 4 + kChecksumBytes)
      return damaged("a continuation of nothing");
    MLE_TRY(read_messages_2(chunk.subspan(4, chunk.size() - 4 - kChecksumBytes), ordered, messages,
                            chunks));
  }
  return messages;
}

}  // namespace

Result<std::vector<Message>> read_header(Bytes file, uint64_t address) {
  MLE_TRY_ASSIGN(const Bytes head, part(file, address, 4));
  if (begins(head, "OHDR")) return read_header_2(file, address);
  if (number(head, 0, 1) == 1) return read_header_1(file, address);
  return damaged("an object is not where it is said to be");
}

}  // namespace mle::compiler::hdf5
