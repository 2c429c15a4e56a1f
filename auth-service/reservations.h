#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

#include "auth-service/time.h"
#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// What requests in flight may use at most, held until they are settled or their time is over.
//
// Any thread. Bounded: a hold too many is refused, with a time to come back.
class Reservations {
 public:
  struct Totals {
    std::int64_t open = 0;
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t cost_nano_usd = 0;
  };

  explicit Reservations(std::size_t capacity);

  // When the hold lapses. Repeating an id that is held changes nothing and gives the first answer again.
  Result<Time> Hold(const std::string& id, const v1::Amount& upper_bound, Time now, Time expires_at);
  // Nothing happens for an id that is not held.
  void Release(const std::string& id);
  // Drops what has lapsed and adds up the rest.
  Totals Sweep(Time now);

 private:
  using ByExpiry = std::multimap<Time, const std::string*>;
  struct Entry {
    v1::Amount amount;
    ByExpiry::iterator expiry;
  };
  // Requests of different workers seldom meet in one shard.
  struct Shard {
    void DropLapsed(Time now);
    void Erase(std::unordered_map<std::string, Entry>::iterator entry);

    std::mutex mutex;
    std::unordered_map<std::string, Entry> entries;
    ByExpiry by_expiry;
    Totals totals;
  };

  Shard& ShardOf(const std::string& id);

  static constexpr std::size_t kShards = 16;
  const std::size_t shard_capacity_;
  std::array<Shard, kShards> shards_;
};

}  // namespace wayleave::auth
