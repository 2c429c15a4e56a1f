#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

namespace wayleave {

class DeadlineList;

// A time by which something must have happened, cheap enough to move on every read: setting it only
// stores a number. The list looks every 50 ms, so it fires up to that much late.
// Belongs to one worker. The callback runs on that worker, at most once per Set(), and may destroy the deadline.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  Deadline(DeadlineList& list, std::function<void()> on_expire);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void Set(Clock::duration from_now);
  void SetAt(Clock::time_point at) { at_ = at; }
  void Clear() { at_ = Clock::time_point::max(); }

 private:
  friend class DeadlineList;
  DeadlineList& list_;
  std::function<void()> on_expire_;
  Clock::time_point at_ = Clock::time_point::max();
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
};

// The deadlines of one worker. Created by Worker.
class DeadlineList {
 public:
  explicit DeadlineList(boost::asio::io_context& io);
  ~DeadlineList();

 private:
  friend class Deadline;
  void Add(Deadline& d);
  void Remove(Deadline& d);
  void Arm();
  void Tick();

  boost::asio::steady_timer timer_;
  Deadline* first_ = nullptr;
  Deadline* next_to_visit_ = nullptr;
  bool armed_ = false;
};

}  // namespace wayleave
