// SPDX-License-Identifier: Apache-2.0
#include "serve/protocol/metrics.h"

#include <mle/version.h>

#include "serve/protocol/json_text.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

namespace mle::serve {
namespace {

using Versions = std::vector<std::shared_ptr<const Version>>;

constexpr double kSecond = 1e9;

double seconds(uint64_t ns) { return static_cast<double>(ns) / kSecond; }

void append_label(std::string& to, std::string_view value) {
  for (const char c : value) {
    if (c == '\n') {
      to += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') to += '\\';
    to += c;
  }
}

class Page {
 public:
  explicit Page(std::string& to) : to_(to) {}

  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    to_.append("# HELP ").append(name).append(" ").append(help);
    to_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  template <class T>
  void value(const T& number) {
    line("", "", number);
  }
  template <class T>
  void value(const Version& of, const T& number) {
    line("", labels(of), number);
  }
  template <class T>
  void line(std::string_view suffix, std::string_view labels, const T& number) {
    to_.append(name_).append(suffix);
    if (!labels.empty()) to_.append("{").append(labels).append("}");
    to_ += ' ';
    append_json(to_, number);
    to_ += '\n';
  }
  static std::string labels(const Version& of) {
    std::string text = "model=\"";
    append_label(text, of.model);
    return text + "\",version=\"" + std::to_string(of.number) + "\"";
  }

 private:
  std::string& to_;
  std::string_view name_;
};

// A family with one number per version that serves.
template <class Read>
void each(Page& page, const Versions& versions, std::string_view name, std::string_view type,
          std::string_view help, const Read& read) {
  page.family(name, type, help);
  for (const auto& version : versions) page.value(*version, read(*version->counters));
}

void requests(Page& page, const Versions& versions) {
  page.family("mle_requests_total", "counter", "Requests answered, by how that ended.");
  for (const auto& version : versions) {
    const Counters& counters = *version->counters;
    const uint64_t overloaded = counters.overloaded, late = counters.deadline_passed;
    const uint64_t cancelled = counters.cancelled, failed = counters.failed;
    const uint64_t known = overloaded + late + cancelled;
    const auto add = [&](const char* code, uint64_t count) {
      page.line("", Page::labels(*version) + ",code=\"" + code + "\"", count);
    };
    add("ok", counters.succeeded);
    add("overloaded", overloaded);
    add("deadline", late);
    add("cancelled", cancelled);
    add("refused", failed > known ? failed - known : 0);
  }
}

void durations(Page& page, const Versions& versions) {
  page.family("mle_request_duration_seconds", "histogram",
              "From the arrival of a request to its answer.");
  for (const auto& version : versions) {
    const Histogram& histogram = version->counters->duration;
    const std::string labels = Page::labels(*version);
    uint64_t sum = 0;
    for (size_t i = 0; i < histogram.buckets.size(); ++i) {
      sum += histogram.buckets[i];
      std::string bound = "+Inf";
      if (i < Histogram::kBoundsNs.size()) {
        bound.clear();
        append_json(bound, seconds(Histogram::kBoundsNs[i]));
      }
      page.line("_bucket", labels + ",le=\"" + bound + "\"", sum);
    }
    page.line("_sum", labels, seconds(histogram.sum_ns));
    page.line("_count", labels, sum);
  }
}

void models(Page& page, const Service& service, const Versions& versions) {
  page.family("mle_model_ready", "gauge", "1 while a version serves, 0 while it does not.");
  const auto index = service.repository().index();
  for (const IndexLine& line : index) {
    if (line.model.empty()) continue;
    std::string labels = "model=\"";
    append_label(labels, line.model);
    page.line("", labels + "\",version=\"" + std::to_string(line.version) + "\"",
              line.ready ? 1 : 0);
  }
  page.family("mle_model_load_failed", "gauge",
              "1 while the newest file of a version does not load.");
  for (const IndexLine& line : index) {
    if (line.model.empty()) continue;
    std::string labels = "model=\"";
    append_label(labels, line.model);
    page.line("", labels + "\",version=\"" + std::to_string(line.version) + "\"",
              line.reason.empty() || line.reason == "unloaded" ? 0 : 1);
  }
  page.family("mle_model_unproven", "gauge", "1 where the file of a version has no golden rows.");
  for (const auto& version : versions) page.value(*version, version->unproven ? 1 : 0);
}

// Requests that wait for a worker thread, by model: versions of one share a queue.
void waiting(Page& page, const Service& service, std::string_view name) {
  page.family(name, "gauge", "Requests that wait to be computed.");
  for (const auto& [model, facts] : service.engine().catalog()->models) {
    std::string labels = "model=\"";
    append_label(labels, model);
    page.line("", labels + "\"", facts.lane == nullptr ? size_t{0} : facts.lane->waiting.load());
  }
}

void ours(Page& page, const Service& service, const Versions& versions) {
  page.family("mle_build_info", "gauge", "Which build this is; always 1.");
  page.line("", "version=\"" MLE_VERSION_STRING "\"", 1);
  page.family("mle_ready", "gauge", "1 while the server asks for requests.");
  page.value(service.ready() ? 1 : 0);
  models(page, service, versions);
  requests(page, versions);
  durations(page, versions);
  each(page, versions, "mle_rows_total", "counter", "Rows of requests that succeeded.",
       [](const Counters& c) { return c.rows.load(); });
  each(page, versions, "mle_input_out_of_range_total", "counter",
       "Values beyond what training saw of their feature, where the file says so.",
       [](const Counters& c) { return c.outside.load(); });
  each(page, versions, "mle_slow_requests_total", "counter",
       "Requests that took longer than --slow-request-ms.",
       [](const Counters& c) { return c.slow.load(); });
  each(page, versions, "mle_model_loads_total", "counter", "Files that were loaded and served.",
       [](const Counters& c) { return c.loads.load(); });
  each(page, versions, "mle_executions_total", "counter", "Runs; one run answers many requests.",
       [](const Counters& c) { return c.executions.load(); });
  waiting(page, service, "mle_requests_waiting");
  each(page, versions, "mle_queue_seconds_total", "counter",
       "From arrival to execution, of requests that succeeded.",
       [](const Counters& c) { return seconds(c.queue_ns); });
  each(page, versions, "mle_compute_seconds_total", "counter",
       "In execution, of requests that succeeded.",
       [](const Counters& c) { return seconds(c.compute_ns); });
}

void tritons(Page& page, const Service& service, const Versions& versions) {
  const auto add = [&](const char* name, const char* help, auto read) {
    each(page, versions, name, "counter", help, read);
  };
  const auto microseconds = [](uint64_t ns) { return ns / 1000; };
  add("nv_inference_request_success", "Requests that succeeded.",
      [](const Counters& c) { return c.succeeded.load(); });
  add("nv_inference_request_failure", "Requests that failed.",
      [](const Counters& c) { return c.failed.load(); });
  add("nv_inference_count", "Rows that were inferred.",
      [](const Counters& c) { return c.rows.load(); });
  add("nv_inference_exec_count", "Runs.", [](const Counters& c) { return c.executions.load(); });
  waiting(page, service, "nv_inference_pending_request_count");
  add("nv_inference_request_duration_us", "From arrival to answer, microseconds.",
      [&](const Counters& c) { return microseconds(c.success_ns); });
  add("nv_inference_queue_duration_us", "From arrival to execution, microseconds.",
      [&](const Counters& c) { return microseconds(c.queue_ns); });
  add("nv_inference_compute_input_duration_us", "Counted with the inference.",
      [](const Counters&) { return 0; });
  add("nv_inference_compute_infer_duration_us", "In execution, microseconds.",
      [&](const Counters& c) { return microseconds(c.compute_ns); });
  add("nv_inference_compute_output_duration_us", "Counted with the inference.",
      [](const Counters&) { return 0; });
}

uint64_t open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  uint64_t count = 0;
  if (folder != nullptr)
    while (const dirent* entry = ::readdir(folder.get()))
      if (entry->d_name[0] != '.') ++count;
  return count > 0 ? count - 1 : 0;  // less the one that looks
}

uint64_t resident_bytes() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "r"),
                                                             &std::fclose);
  unsigned long long all = 0, resident = 0;
  if (file == nullptr || std::fscanf(file.get(), "%llu %llu", &all, &resident) != 2) return 0;
  return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

void process(Page& page) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto time = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  page.family("process_cpu_seconds_total", "counter", "User and system time.");
  page.value(time(used.ru_utime) + time(used.ru_stime));
  page.family("process_resident_memory_bytes", "gauge", "Resident memory.");
  page.value(resident_bytes());
  page.family("process_open_fds", "gauge", "Open file descriptors.");
  page.value(open_descriptors());
  page.family("process_max_fds", "gauge", "Most open file descriptors.");
  page.value(uint64_t{limit.rlim_cur});
}

}  // namespace

void append_metrics(const Service& service, std::string& to) {
  Page page(to);
  const auto versions = service.list("", "");
  const Versions all = versions ? *versions : Versions();
  ours(page, service, all);
  tritons(page, service, all);
  process(page);
}

}  // namespace mle::serve
