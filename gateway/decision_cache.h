#pragma once

#include <chrono>
#include <cstdint>
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
  // `drops` as it was before the router was asked: a decision that may not yet know of a failure is not kept.
  void Keep(std::string facts, const router::v1::RouteResponse& answer, std::uint64_t drops, Clock::time_point now);
  // A target failed: decisions that would ask it first are made anew.
  void Drop(const std::string& provider, const std::string& model);
  std::uint64_t drops() const;

 private:
  struct Entry {
    std::shared_ptr<const router::v1::RouteResponse> answer;
    Clock::time_point until;
    Clock::time_point etag_until;
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> kept_;
  std::uint64_t drops_ = 0;
};

}  // namespace wayleave::gateway
