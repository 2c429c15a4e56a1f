#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time/zone.h"
#include "router-service/snapshot.h"

namespace wayleave::router {

// One request as conditions look at it. What costs something to find out is found out when first asked for, and then
// kept. Belongs to one decision; request, model and snapshot must outlive it.
class Inquiry {
 public:
  // `model` is the one that is wanted: named, or the default.
  Inquiry(const v1::RouteRequest& request, const std::string& model, const Snapshot& snapshot);

  const v1::RouteRequest& request() const { return request_; }
  const auth::v1::Principal& principal() const { return request_.principal(); }
  const std::string& model() const { return model_; }
  // The value of the header at this place of Shared::headers; nullptr if the request has none.
  const std::string* Header(std::size_t index) const;
  // The time to decide for, as clocks show it there.
  LocalTime TimeIn(const Zone& zone) const;
  // A number that stays the same for a session, else for a key, else for a user; nullopt if there is none of them.
  std::optional<std::uint64_t> Lot() const;
  // The most that the request may cost at the dearest of the targets that its model's name stands for, in billionths of
  // a US dollar; nullopt if none of them has a price.
  std::optional<std::int64_t> MostCost() const;

 private:
  std::chrono::system_clock::time_point Now() const;

  static constexpr std::size_t kTimes = 8;

  const v1::RouteRequest& request_;
  const std::string& model_;
  const Snapshot& snapshot_;
  struct Looked {
    bool done = false;
    const std::string* value = nullptr;
  };
  mutable std::vector<Looked> headers_;
  mutable std::optional<std::chrono::system_clock::time_point> now_;
  mutable std::array<std::pair<const Zone*, LocalTime>, kTimes> times_{};
  mutable std::size_t times_known_ = 0;
  mutable std::optional<std::optional<std::uint64_t>> lot_;
  mutable std::optional<std::optional<std::int64_t>> cost_;
};

}  // namespace wayleave::router
