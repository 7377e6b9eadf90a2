// What mle-bench serve asks over HTTP.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "tools/cli/json.h"
#include "tools/cli/json_document.h"
#include "tools/mle-bench/http_load.h"

#include <cstdio>
#include <random>

namespace mle::tools {
namespace {

// A request of `rows` rows for the model as its metadata says it, of numbers between -1 and 1.
Result<std::string> request_for(const JsonValue& metadata, const std::string& model,
                                uint64_t rows) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::string body = "{\"inputs\":[";
  for (const JsonValue& input : metadata["inputs"].items) {
    if (body.back() == '}') body += ',';
    body += "{\"name\":";
    append_json_text(body, input["name"].text);
    const std::string& type = input["datatype"].text;
    body += ",\"datatype\":\"" + type + "\",\"shape\":[";
    uint64_t count = 1;
    for (const JsonValue& dim : input["shape"].items) {
      const uint64_t size = dim.number < 0 ? rows : static_cast<uint64_t>(dim.number);
      body += (body.back() == '[' ? "" : ",") + std::to_string(size);
      count *= size;
    }
    body += "],\"data\":[";
    const bool real = type == "FP32" || type == "FP64" || type == "FP16" || type == "BF16";
    for (uint64_t i = 0; i < count; ++i) {
      if (i > 0) body += ',';
      char number[32];
      std::snprintf(number, sizeof number, "%.6f", uniform(random));
      body += real ? number : type == "BYTES" ? "\"a\"" : type == "BOOL" ? "false" : "1";
    }
    body += "]}";
  }
  body += "]}";
  return "POST /v2/models/" + model +
         "/infer HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

Result<std::string> http_question(const std::string& address, std::string& model, uint64_t rows) {
  if (model.empty()) {
    const std::string ask =
        "POST /v2/repository/index HTTP/1.1\r\nHost: bench\r\nContent-Length: 14"
        "\r\n\r\n{\"ready\":true}";
    MLE_TRY_ASSIGN(const std::string text, ask_http(address, ask));
    MLE_TRY_ASSIGN(const JsonValue index, parse_json(text));
    if (index.items.empty())
      return Status::make(Code::NotFound, format::rule::T301_Usage, Status::kNoOffset,
                          address + ": serves no model", "name one by --model");
    model = index.items.front()["name"].text;
  }
  MLE_TRY_ASSIGN(const std::string text, ask_http(address, http_get("/v2/models/" + model)));
  MLE_TRY_ASSIGN(const JsonValue metadata, parse_json(text));
  return request_for(metadata, model, rows);
}

std::string http_get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: bench\r\n\r\n";
}

}  // namespace mle::tools
