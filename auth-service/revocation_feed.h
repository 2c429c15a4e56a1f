#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/async/event.h"
#include "base/async/task.h"
#include "base/async/worker.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// What one listener of WatchRevocations has still to be told. A listener that is slow gets one "drop
// everything" instead of a list without end.
//
// Add() and End() may be called on any thread while the worker lives, Next() belongs to the worker that made it.
class RevocationFeed : public std::enable_shared_from_this<RevocationFeed> {
 public:
  RevocationFeed();

  // The version that is in force when it begins. The worker's.
  void Begin(std::int64_t version) { version_ = std::max(version_, version); }
  // What has changed, and the version of those rights that are in force by now.
  void Add(std::vector<std::string> key_ids, std::int64_t version);
  void End();

  // The next message: news, or after 200 ms without any a sign of life, or whatever there is at the end.
  Task<v1::WatchRevocationsResponse> Next();
  bool ended() const { return ended_; }

 private:
  Worker& worker_;
  Event changed_;
  v1::WatchRevocationsResponse waiting_;
  std::int64_t version_ = 0;
  bool ended_ = false;
};

}  // namespace wayleave::auth
