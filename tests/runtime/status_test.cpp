// What <mle/status.h>, <mle/result.h> and <mle/dtype.h> promise, beyond what every other test uses.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string>

namespace mle::testing {
namespace {

Status some_error(const std::string& message, const char* hint) {
  return error(Code::Io, 7, 42, hint, "%s", message.c_str());
}

TEST_CASE("status: a formatted message is cut at 1023 bytes and still ends") {
  CHECK(std::strlen(some_error(std::string(1023, 'x'), "way out").message()) == 1023);
  const Status status = some_error(std::string(5000, 'x'), "way out");
  CHECK(std::string(status.message()) == std::string(1023, 'x'));
  CHECK(std::string(status.hint()) == "way out");
  CHECK(status.code() == Code::Io);
  CHECK(status.rule() == 7);
  CHECK(status.offset() == 42);
}

TEST_CASE("status: a null hint is an empty one") {
  CHECK(std::string(some_error("x", nullptr).hint()).empty());
}

TEST_CASE("status: numbers that are no code and no dtype have a name and no size") {
  CHECK(std::string(code_name(Code::Corrupt)) == "Corrupt");
  for (const int32_t number : {-1, 8, 1 << 30}) {
    CHECK(std::string(code_name(static_cast<Code>(number))) == "?");
  }
  CHECK(std::string(name_of(DType::F32)) == "f32");
  for (const int number : {0, 15, 255}) {
    CHECK(std::string(name_of(static_cast<DType>(number))) == "?");
    CHECK(size_of(static_cast<DType>(number)) == 0);
  }
}

TEST_CASE("status: or_exit of an error prints message and hint on stderr and exits with 1") {
  std::array<int, 2> pipe = {};
  REQUIRE(::pipe(pipe.data()) == 0);
  std::fflush(nullptr);  // what is buffered now must not be printed by the child as well
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    ::close(pipe[0]);
    ::close(pipe[1]);
    Result<int>(some_error("no such model", "look elsewhere")).or_exit();
    ::_exit(0);  // not reached
  }
  ::close(pipe[1]);
  std::string printed;
  char text[256];
  for (ssize_t got = 0; (got = ::read(pipe[0], text, sizeof text)) > 0;) {
    printed.append(text, static_cast<size_t>(got));
  }
  ::close(pipe[0]);
  int ended = 0;
  REQUIRE(::waitpid(child, &ended, 0) == child);
  CHECK(WIFEXITED(ended));
  CHECK(WEXITSTATUS(ended) == 1);
  CHECK(printed == "error: no such model\nhint: look elsewhere\n");
}

}  // namespace
}  // namespace mle::testing
