// Flags of the benchmark program.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/options.h"

#include "tools/dev/peers/workload.h"

#include <getopt.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace mle::peers {
namespace {

enum Flag {
  kModels = 1,
  kOutput,
  kOnnxRuntime,
  kMleRun,
  kPrograms,
  kCommand,
  kCommit,
  kOnly,
  kBatches,
  kWhat,
  kQuick,
  kRounds,
  kCpu,
  kThreads,
  kOpenBlas,
  kMkl,
  kRust,
  kLiteRt,
  kMissing,
};

constexpr option kFlags[] = {
    {"models", required_argument, nullptr, kModels},
    {"output", required_argument, nullptr, kOutput},
    {"onnxruntime", required_argument, nullptr, kOnnxRuntime},
    {"mle-run", required_argument, nullptr, kMleRun},
    {"programs", required_argument, nullptr, kPrograms},
    {"command", required_argument, nullptr, kCommand},
    {"commit", required_argument, nullptr, kCommit},
    {"only", required_argument, nullptr, kOnly},
    {"batches", required_argument, nullptr, kBatches},
    {"what", required_argument, nullptr, kWhat},
    {"quick", no_argument, nullptr, kQuick},
    {"rounds", required_argument, nullptr, kRounds},
    {"cpu", required_argument, nullptr, kCpu},
    {"threads", required_argument, nullptr, kThreads},
    {"openblas", required_argument, nullptr, kOpenBlas},
    {"mkl", required_argument, nullptr, kMkl},
    {"rust", required_argument, nullptr, kRust},
    {"litert", required_argument, nullptr, kLiteRt},
    {"missing", required_argument, nullptr, kMissing},
    {nullptr, 0, nullptr, 0},
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= list.size();) {
    const size_t comma = std::min(list.find(',', at), list.size());
    if (comma > at) parts.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

Result<int> number(const char* flag, const std::string& value, int low, int high) {
  int parsed = 0;
  const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), parsed);
  if (failed == std::errc() && end == value.data() + value.size() && parsed >= low &&
      parsed <= high) {
    return parsed;
  }
  return error(Code::InvalidArgument, 0, Status::kNoOffset, "see script/bench peers --help",
               "%s '%s': not a number from %d to %d", flag, value.c_str(), low, high);
}

Status set_batches(Options& options, const std::string& list) {
  options.batches.clear();
  for (const std::string& part : split(list)) {
    MLE_TRY_ASSIGN(const int rows, number("--batches", part, 1, static_cast<int>(kMaxRows)));
    options.batches.push_back(static_cast<size_t>(rows));
  }
  return {};
}

Status set_what(Options& options, const std::string& list) {
  options.run = options.load = options.start = false;
  for (const std::string& part : split(list)) {
    if (part == "run")
      options.run = true;
    else if (part == "load")
      options.load = true;
    else if (part == "start")
      options.start = true;
    else {
      return error(Code::InvalidArgument, 0, Status::kNoOffset, "choose of run, load, start",
                   "--what '%s': unknown", part.c_str());
    }
  }
  return {};
}

}  // namespace

bool Options::wants(const std::string& workload) const {
  return only.empty() || std::find(only.begin(), only.end(), workload) != only.end();
}

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int flag = 0; (flag = getopt_long(argc, argv, "", kFlags, nullptr)) != -1;) {
    switch (flag) {
      case kModels: options.models = optarg; break;
      case kOutput: options.output = optarg; break;
      case kOnnxRuntime: options.onnxruntime = optarg; break;
      case kMleRun: options.mle_run = optarg; break;
      case kPrograms: options.programs = optarg; break;
      case kCommand: options.command = optarg; break;
      case kCommit: options.commit = optarg; break;
      case kOnly: options.only = split(optarg); break;
      case kBatches: MLE_TRY(set_batches(options, optarg)); break;
      case kWhat: MLE_TRY(set_what(options, optarg)); break;
      case kQuick: options.quick = true; break;
      case kRounds: {
        MLE_TRY_ASSIGN(options.rounds, number("--rounds", optarg, 1, 1000));
        break;
      }
      case kCpu: {
        MLE_TRY_ASSIGN(options.cpu, number("--cpu", optarg, 0, CPU_SETSIZE - 1));
        break;
      }
      case kThreads: {
        MLE_TRY_ASSIGN(options.threads, number("--threads", optarg, 1, 64));
        break;
      }
      case kOpenBlas: options.openblas = optarg; break;
      case kMkl: options.mkl = optarg; break;
      case kRust: options.rust = optarg; break;
      case kLiteRt: options.litert = optarg; break;
      case kMissing: options.missing.emplace_back(optarg); break;
      default:
        return error(Code::InvalidArgument, 0, Status::kNoOffset, "see script/bench peers --help",
                     "unknown flag, or its value is missing");
    }
  }
  if (optind < argc) {
    return error(Code::InvalidArgument, 0, Status::kNoOffset, "see script/bench peers --help",
                 "'%s': not a flag", argv[optind]);
  }
  if (options.rounds == 0) options.rounds = options.quick ? 5 : 15;
  if (options.cpu < 0) options.cpu = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1;
  return options;
}

}  // namespace mle::peers
