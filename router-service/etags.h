#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "router-service/snapshot.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::router {

// The etags of the lists that the holders of different policies see, kept for as long as the snapshot is the same:
// every decision tells one. Thread-safe; the lock is held for a look into a table of at most 4096 policies.
class Etags {
 public:
  std::string Of(const auth::v1::Policy& policy, const Snapshot& snapshot);

 private:
  std::mutex mutex_;
  std::uint64_t snapshot_ = 0;
  std::unordered_map<std::string, std::string> known_;  // by policy
};

}  // namespace wayleave::router
