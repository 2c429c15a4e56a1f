#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>

#include "base/async/task.h"

namespace wayleave::gateway {

// A wait that can be ended early. Belongs to one worker and must outlive the wait; one wait at a time.
class Pause {
 public:
  // Returns after `time`, or soon after End(); at once if End() was called before.
  Task<void> For(std::chrono::milliseconds time);
  // Ends the wait, and every later one.
  void End();

 private:
  std::optional<boost::asio::steady_timer> timer_;
  bool ended_ = false;
};

}  // namespace wayleave::gateway
