#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// The router's decisions, kept for as long as each says that the same facts get the same answer; at most 4096.
// Thread-safe: the lock is held for a look into the table.
class DecisionCache {
 public:
  using Clock = std::chrono::steady_clock;

  // Whether the facts were decided lately, and how. A decision may be kept for longer than the list of models stays the
  // same, so after two seconds it is told without the list's etag: no word of it is better than an old one, after which
  // Codex would fetch the list again and again.
  std::optional<router::v1::RouteResponse> Find(const std::string& facts, Clock::time_point now) const;
  void Keep(std::string facts, const router::v1::RouteResponse& answer, Clock::time_point now);

 private:
  struct Entry {
    std::shared_ptr<const router::v1::RouteResponse> answer;
    Clock::time_point until;
    Clock::time_point etag_until;
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> kept_;
};

}  // namespace wayleave::gateway
