// Folders of models: what serves, what does not and why, and how that changes.
// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/repository.h"

#include "serve/engine/keeper.h"
#include "tests/serve/support.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace mle::testing {
namespace {

using serve::Engine;
using serve::IndexLine;
using serve::Repository;
using serve::RepositoryOptions;
using serve::VersionPolicy;

struct Fixture {
  Fixture() : engine({1, 1e12, {}}) {}
  RepositoryOptions options(const char* policy = "latest") const {
    return {{}, folder.path(), *VersionPolicy::parse(policy), 2};
  }
  // What m answers to {1, 2, 4}, first element; or the message of the refusal.
  std::string ask(const char* version = "", const char* model = "m") {
    TestRequest request(model);
    request.version = version;
    serve::Request* const one[] = {&request};
    serve::Workspace workspace;
    engine.serve(one, workspace);
    request.wait();
    if (!request.status.ok()) return request.status.message();
    return std::to_string(request.floats()[0]).substr(0, 4);
  }
  ModelFolder folder;
  Engine engine;
};

std::string text(const std::vector<IndexLine>& index) {
  std::string lines;
  for (const IndexLine& line : index)
    lines += line.model + ":" + std::to_string(line.version) + (line.ready ? " ready" : " -") +
             (line.unproven ? " unproven" : "") + (line.reason.empty() ? "" : " why") + "\n";
  return lines;
}

TEST_CASE("repository: a model that is named may be a folder, with versions or without") {
  Fixture f;
  f.folder.put("one/only.mle", linear_file(1));
  f.folder.put("many/2/model.mle", linear_file(2));
  f.folder.put("many/5/model.mle", linear_file(5));
  RepositoryOptions options{{{"m", 1, f.folder.path("one")}, {"n", 1, f.folder.path("many")}},
                            "",
                            *VersionPolicy::parse("all"),
                            2};
  Repository repository(options, f.engine);
  REQUIRE(repository.refresh().ok());
  CHECK(text(repository.index()) == "m:1 ready\nn:2 ready\nn:5 ready\n");
  CHECK(f.ask("", "m") == "2.00");
  CHECK(f.ask("2", "n") == "3.00");
  CHECK(f.ask("", "n") == "6.00");
  f.folder.put("many/7/model.mle", linear_file(7));
  REQUIRE(repository.load("n").ok());
  CHECK(f.ask("", "n") == "8.00");
}

TEST_CASE("repository: files, folders and versions of a folder serve under their names") {
  Fixture f;
  f.folder.put("a.mle", linear_file());
  f.folder.put("b/model.mle", linear_file());
  f.folder.put("c/1/anything.mle", linear_file(1));
  f.folder.put("c/3/model.mle", linear_file(3));
  f.folder.put("c/10/model.mle", linear_file(10));
  f.folder.put("d.mle", make_file(tiny_whole()));
  f.folder.put_text(".hidden.mle", "no model");
  f.folder.put_text("notes.txt", "no model");
  Repository latest(f.options(), f.engine);
  REQUIRE(latest.refresh().ok());
  CHECK(text(latest.index()) == "a:1 ready\nb:1 ready\nc:10 ready\nd:1 ready unproven\n");
  CHECK(f.ask("", "c") == "11.0");
  Repository two(f.options("latest:2"), f.engine);
  REQUIRE(two.refresh().ok());
  CHECK(f.ask("3", "c") == "4.00");
  CHECK(f.ask("1", "c").find("no version '1'") != std::string::npos);
  Repository all(f.options("all"), f.engine);
  REQUIRE(all.refresh().ok());
  CHECK(f.ask("1", "c") == "2.00");
  Repository specific(f.options("1,3"), f.engine);
  REQUIRE(specific.refresh().ok());
  CHECK(f.ask("", "c") == "4.00");
}

TEST_CASE("repository: policies are read as written and nothing else is") {
  CHECK(VersionPolicy::parse("latest:2")->choose({5, 1, 9}) == std::vector<uint64_t>{5, 9});
  CHECK(VersionPolicy::parse("all")->choose({5, 1}) == std::vector<uint64_t>{1, 5});
  CHECK(VersionPolicy::parse("7,5")->choose({5, 1}) == std::vector<uint64_t>{5});
  for (const char* text : {"", "newest", "latest:0", "latest:", "1,", ",1", "-1", "1 ,2"})
    CHECK_FALSE(VersionPolicy::parse(text).has_value());
}

TEST_CASE("repository: a new file takes over, a broken one leaves the old and says why") {
  Fixture f;
  f.folder.put("m.mle", linear_file(1));
  Repository repository(f.options(), f.engine);
  REQUIRE(repository.refresh().ok());
  CHECK(f.ask() == "2.00");
  f.folder.put("m.mle", linear_file(2));
  REQUIRE(repository.refresh().ok());
  CHECK(f.ask() == "3.00");

  f.folder.put_text("m.mle", "not a model");
  REQUIRE(repository.refresh().ok());
  CHECK(f.ask() == "3.00");
  CHECK(text(repository.index()) == "m:1 ready why\n");
  CHECK_FALSE(repository.load("m").ok());

  f.folder.put("m.mle", linear_file(4));
  REQUIRE(repository.refresh().ok());
  CHECK(f.ask() == "5.00");
  CHECK(text(repository.index()) == "m:1 ready\n");
}

TEST_CASE("repository: a newer version that fails leaves the older serving") {
  Fixture f;
  f.folder.put("m/1/model.mle", linear_file(1));
  Repository repository(f.options(), f.engine);
  REQUIRE(repository.refresh().ok());
  f.folder.put_text("m/2/model.mle", "half a file");
  REQUIRE(repository.refresh().ok());
  CHECK(f.ask() == "2.00");
  CHECK(text(repository.index()) == "m:1 ready\nm:2 - why\n");
  f.folder.put("m/2/model.mle", linear_file(2));
  REQUIRE(repository.refresh().ok());
  CHECK(f.ask() == "3.00");
  CHECK(text(repository.index()) == "m:2 ready\n");
}

TEST_CASE("repository: golden rows that differ keep a model from serving") {
  Fixture f;
  f.folder.put("m.mle", linear_file(1, 2));
  Repository repository(f.options(), f.engine);
  REQUIRE(repository.refresh().ok());
  const auto index = repository.index();
  REQUIRE(index.size() == 1);
  CHECK_FALSE(index[0].ready);
  CHECK_MESSAGE(index[0].reason.find("golden") != std::string::npos, index[0].reason);
}

TEST_CASE("repository: models are taken out and brought back by name") {
  Fixture f;
  f.folder.put("m.mle", linear_file(1));
  Repository repository(f.options(), f.engine);
  REQUIRE(repository.refresh().ok());
  REQUIRE(repository.unload("m").ok());
  CHECK(f.ask().find("not served") != std::string::npos);
  REQUIRE(repository.refresh().ok());
  CHECK(text(repository.index()) == "m:0 - why\n");
  CHECK_FALSE(repository.unload("m").ok());
  REQUIRE(repository.load("m").ok());
  CHECK(f.ask() == "2.00");
  CHECK_FALSE(repository.load("../m").ok());
  CHECK_FALSE(repository.load("").ok());
}

TEST_CASE("repository: a file that is gone is served no longer, and its memory goes") {
  Fixture f;
  f.folder.put("m.mle", linear_file(1));
  f.folder.put("n.mle", linear_file(1));
  Repository repository(f.options(), f.engine);
  REQUIRE(repository.refresh().ok());
  TestRequest holding("m");
  {
    serve::Request* const one[] = {&holding};
    serve::Workspace workspace;
    f.engine.serve(one, workspace);
    holding.wait();
  }
  f.folder.remove("m.mle");
  REQUIRE(repository.refresh().ok());
  CHECK(f.ask().find("not served") != std::string::npos);
  CHECK(f.ask("", "n") == "2.00");
  CHECK(repository.collect());  // a request still holds it
  CHECK(holding.floats()[0] == 2.0f);
  holding.reset();
  CHECK_FALSE(repository.collect());
}

TEST_CASE("repository: a folder that cannot be read changes nothing and says so") {
  Fixture f;
  f.folder.put("sub/m.mle", linear_file(1));
  Repository repository({{}, f.folder.path("sub"), {}, 1}, f.engine);
  REQUIRE(repository.refresh().ok());
  f.folder.remove("sub");
  CHECK_FALSE(repository.refresh().ok());
  CHECK(f.ask() == "2.00");
}

TEST_CASE("keeper: a rename into the folder serves without anybody asking") {
  Fixture f;
  f.folder.put("m.mle", linear_file(1));
  Repository repository(f.options(), f.engine);
  REQUIRE(repository.refresh().ok());
  serve::Keeper keeper(repository, f.folder.path(), std::chrono::minutes(10));
  const auto until = [&](const std::string& answer, const char* model) {
    const auto limit = serve::Clock::now() + std::chrono::seconds(20);
    while (f.ask("", model) != answer && serve::Clock::now() < limit) std::this_thread::yield();
    return f.ask("", model);
  };
  f.folder.put("m.mle", linear_file(7));
  CHECK(until("8.00", "m") == "8.00");
  f.folder.put("new/1/model.mle", linear_file(5));  // in folders that nobody watched yet
  CHECK(until("6.00", "new") == "6.00");
}

TEST_CASE("keeper: without notice it looks again after the pause") {
  Fixture f;
  f.folder.put("m.mle", linear_file(1));
  Repository repository(f.options(), f.engine);
  REQUIRE(repository.refresh().ok());
  // Watches another folder, as where inotify has no more to give.
  ModelFolder quiet;
  serve::Keeper keeper(repository, quiet.path(), std::chrono::milliseconds(5));
  f.folder.put("m.mle", linear_file(7));
  const auto limit = serve::Clock::now() + std::chrono::seconds(20);
  while (f.ask() != "8.00" && serve::Clock::now() < limit) std::this_thread::yield();
  CHECK(f.ask() == "8.00");
}

TEST_CASE("keeper: does what it was asked for before it ends") {
  Fixture f;
  f.folder.put("m.mle", linear_file(1));
  Repository repository(f.options(), f.engine);
  {
    serve::Keeper keeper(repository, "", std::chrono::minutes(1));
    keeper.ask([](Repository& r) { (void)r.refresh(); });
  }
  CHECK(f.ask() == "2.00");
}

}  // namespace
}  // namespace mle::testing
