// Who is asked by mle-bench serve: a server that is there, or one started for the measurement.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>

namespace mle::tools {

// Ends the server with itself, where it started it.
class ServeTarget {
 public:
  // `what`: an address; a .mle file, which the mle-serve beside this program serves on a free port;
  // or, with a blank in it, the command of a server that says where it listens as mle-serve does.
  // `protocol`: the front that must be there.
  static Result<ServeTarget> open(const std::string& what, const std::string& protocol);

  ServeTarget(ServeTarget&& other) noexcept
      : address_(std::move(other.address_)), process_(std::exchange(other.process_, 0)) {}
  ServeTarget& operator=(ServeTarget&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(process_, other.process_);
    return *this;
  }
  ~ServeTarget();

  const std::string& address() const { return address_; }
  uint64_t started() const { return static_cast<uint64_t>(process_); }  // its id; 0: by others

 private:
  explicit ServeTarget(std::string address) : address_(std::move(address)) {}

  std::string address_;
  pid_t process_ = 0;
};

// Where the program of that name would be: in the folder of this one.
std::string program_beside(const std::string& name);

}  // namespace mle::tools
