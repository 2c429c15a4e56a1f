#include "auth-service/revocation_feed.h"

#include <chrono>
#include <utility>

#include "base/async/deadline.h"

namespace wayleave::auth {
namespace {

constexpr int kMostIds = 1000;
// Deadlines fire up to 50 ms late, and 250 ms are promised.
constexpr std::chrono::milliseconds kSilence{150};

}  // namespace

RevocationFeed::RevocationFeed() : worker_(*Worker::Current()) { waiting_.set_drop_all(true); }

void RevocationFeed::Add(std::vector<std::string> key_ids, std::int64_t version) {
  worker_.Post([self = shared_from_this(), key_ids = std::move(key_ids), version] {
    self->Begin(version);
    for (const std::string& id : key_ids) self->waiting_.add_key_ids(id);
    if (self->waiting_.key_ids_size() > kMostIds) {
      self->waiting_.clear_key_ids();
      self->waiting_.set_drop_all(true);
    }
    self->changed_.Set();
  });
}

void RevocationFeed::End() {
  worker_.Post([self = shared_from_this()] {
    self->ended_ = true;
    self->changed_.Set();
  });
}

Task<v1::WatchRevocationsResponse> RevocationFeed::Next() {
  const bool news = waiting_.drop_all() || waiting_.key_ids_size() > 0;
  if (!news && !ended_) {
    Deadline silence(worker_.deadlines(), [this] { changed_.Set(); });
    silence.Set(kSilence);
    co_await changed_;
  }
  waiting_.set_version(version_);
  co_return std::exchange(waiting_, {});
}

}  // namespace wayleave::auth
