#include "auth-service/identity/jwks_source.h"

#include <algorithm>
#include <utility>

#include "base/async/deadline.h"
#include "base/log/log.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kRetry = 10s;
constexpr std::int64_t kAskNanos = std::chrono::nanoseconds(10s).count();

}  // namespace

JwksSource::JwksSource(const IssuerConfig& issuer, metrics::Registry& registry)
    : name_(issuer.name), interval_(issuer.refresh), probe_(registry, issuer.name), fetch_(issuer) {}

JwksSource::~JwksSource() { Stop(); }

std::shared_ptr<const KeySet> JwksSource::Keys() const {
  std::lock_guard lock(keys_mutex_);
  return keys_;
}

void JwksSource::Ask(Time now) {
  std::lock_guard lock(worker_mutex_);
  if (worker_ && MayAsk(now)) worker_->Post([this] { OnAsk(); });
}

// A clock that was set back far opens the way again.
bool JwksSource::MayAsk(Time now) {
  const std::int64_t at = ToNanos(now);
  if (at - asked_at_ < kAskNanos && asked_at_ - at < kAskNanos) return false;
  asked_at_ = at;
  return true;
}

// Whoever has no set at all waits for the one that is being read.
void JwksSource::OnAsk() {
  if (!reading_ || Keys()) wake_.Set();
}

Status JwksSource::Start(Worker& worker) {
  Status first;
  if (fetch_.is_file()) {
    RunOn(worker, [this] { return Refresh(); });
    first = last_;
  }
  worker.Post([this] { tasks_.Spawn(Run()); });
  std::lock_guard lock(worker_mutex_);
  worker_ = &worker;
  return first;
}

void JwksSource::Stop() {
  std::unique_lock lock(worker_mutex_);
  Worker* const worker = std::exchange(worker_, nullptr);
  lock.unlock();
  if (worker) RunOn(*worker, [this] { return End(); });
}

Task<void> JwksSource::Run() {
  Deadline timer(Worker::Current()->deadlines(), [this] { wake_.Set(); });
  if (!fetch_.is_file()) co_await Refresh();
  while (!stopping_) {
    timer.Set(last_.ok() ? interval_ : std::min(interval_, kRetry));
    co_await wake_;
    timer.Clear();
    if (!stopping_) co_await Refresh();
  }
}

Task<void> JwksSource::Refresh() {
  reading_ = true;
  const Result<std::string> document = co_await fetch_.Read();
  reading_ = false;
  if (stopping_) co_return;
  Status taken = Take(document);
  Tell(taken);
  last_ = std::move(taken);
}

Task<void> JwksSource::End() {
  stopping_ = true;
  fetch_.Cancel();
  wake_.Set();
  co_await tasks_.Empty();
}

Status JwksSource::Take(const Result<std::string>& document) {
  if (!document) return document.error();
  Result<KeySet> parsed = KeySet::Parse(*document);
  if (!parsed) return std::move(parsed).error();
  auto keys = std::make_shared<const KeySet>(*std::move(parsed));
  probe_.Good(*keys);
  std::lock_guard lock(keys_mutex_);
  keys_ = std::move(keys);
  return {};
}

// Counts every failure, but logs only the first in a row.
void JwksSource::Tell(const Status& taken) {
  if (!taken) probe_.Failed(taken.error().reason);
  if (!taken && last_) {
    log::Warning("jwks_refresh_failed", {{"issuer", name_},
                                         {"problem", taken.error().message},
                                         {"advice", "tokens are verified with the last good keys, if any"}});
  }
  if (taken && !last_) log::Info("jwks_refresh_recovered", {{"issuer", name_}});
}

}  // namespace wayleave::auth
