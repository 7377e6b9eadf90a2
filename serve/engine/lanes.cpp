// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/lanes.h"

#include <algorithm>

namespace mle::serve {
namespace {

void append(Lane::Queue& queue, Request& request) noexcept {
  request.next = nullptr;
  if (queue.last != nullptr)
    queue.last->next = &request;
  else
    queue.first = &request;
  queue.last = &request;
}

// Takes out what may join `group`, in order, until `rows` would exceed `most`.
void move_matching(Lane::Queue& queue, std::vector<Request*>& group, uint64_t& rows,
                   uint64_t most) {
  Request* before = nullptr;
  for (Request* at = queue.first; at != nullptr;) {
    Request* const next = at->next;
    const bool alone = group.empty();
    const bool fits = alone || (at->plan == group.front()->plan && rows + at->rows <= most);
    if (!fits) {
      before = at;
      at = next;
      continue;
    }
    (before != nullptr ? before->next : queue.first) = next;
    if (queue.last == at) queue.last = before;
    rows += at->rows;
    group.push_back(at);
    at = next;
  }
}

Clock::time_point oldest(const Lane& lane) noexcept {
  auto time = Clock::time_point::max();
  if (lane.urgent.first != nullptr) time = lane.urgent.first->arrived;
  if (lane.normal.first != nullptr) time = std::min(time, lane.normal.first->arrived);
  return time;
}

}  // namespace

bool Lanes::push(const std::shared_ptr<Lane>& lane, Request& request) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || lane->waiting >= limits_.most_waiting) return false;
    if (lane->waiting == 0) {
      try {
        busy_.push_back(lane.get());
      } catch (...) {
        return false;
      }
      lane->self = lane;
    }
    append(request.urgent ? lane->urgent : lane->normal, request);
    ++lane->waiting;
    lane->rows += request.rows;
  }
  changed_.notify_one();
  return true;
}

std::shared_ptr<Lane> Lanes::ready(Clock::time_point now, Clock::time_point& look_again) {
  for (size_t i = 0; i < busy_.size(); ++i) {
    Lane* const lane = busy_[i];
    if (limits_.most_running > 0 && lane->running >= limits_.most_running) continue;
    const bool ripe = closed_ || hurried_ || limits_.delay.count() == 0 ||
                      lane->rows >= limits_.most_rows || oldest(*lane) + limits_.delay <= now;
    if (!ripe) {
      look_again = std::min(look_again, oldest(*lane) + limits_.delay);
      continue;
    }
    // The next look begins behind it, so that no model starves another.
    std::rotate(busy_.begin() + static_cast<ptrdiff_t>(i),
                busy_.begin() + static_cast<ptrdiff_t>(i) + 1, busy_.end());
    return lane->self;
  }
  return nullptr;
}

void Lanes::take(Lane& lane, std::vector<Request*>& group) {
  uint64_t rows = 0;
  group.reserve(lane.waiting);
  move_matching(lane.urgent, group, rows, limits_.most_rows);
  move_matching(lane.normal, group, rows, limits_.most_rows);
  lane.waiting -= group.size();
  lane.rows -= rows;
  ++lane.running;
  if (lane.waiting > 0) return;
  busy_.erase(std::find(busy_.begin(), busy_.end(), &lane));
  lane.self.reset();  // the caller holds another
}

bool Lanes::pop(std::vector<Request*>& group, std::shared_ptr<Lane>& lane) {
  group.clear();
  std::unique_lock lock(mutex_);
  for (;;) {
    auto look_again = Clock::time_point::max();
    lane = ready(Clock::now(), look_again);
    if (lane != nullptr) break;
    if (closed_ && busy_.empty()) return false;
    if (look_again == Clock::time_point::max())
      changed_.wait(lock);
    else
      changed_.wait_until(lock, look_again);
  }
  take(*lane, group);
  return true;
}

void Lanes::finished(const std::shared_ptr<Lane>& lane) noexcept {
  {
    const std::lock_guard lock(mutex_);
    --lane->running;
  }
  changed_.notify_all();
}

void Lanes::hurry() noexcept {
  {
    const std::lock_guard lock(mutex_);
    hurried_ = true;
  }
  changed_.notify_all();
}

void Lanes::close() noexcept {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace mle::serve
