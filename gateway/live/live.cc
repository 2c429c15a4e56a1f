#include "gateway/live/live.h"

#include <google/protobuf/util/time_util.h>
#include <unistd.h>

#include <array>
#include <coroutine>

#include "base/version.h"
#include "gateway/live/view.h"

namespace wayleave::gateway {
namespace {

using google::protobuf::util::TimeUtil;

std::string Instance() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return std::to_string(getpid());
  return std::string(host.data()) + "/" + std::to_string(getpid());
}

google::protobuf::Timestamp TimestampOf(std::chrono::system_clock::time_point time) {
  return TimeUtil::MillisecondsToTimestamp(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

// Awaitable: the coroutine goes on as another worker's.
struct GoTo {
  Worker& worker;
  bool await_ready() const noexcept { return Worker::Current() == &worker; }
  void await_suspend(std::coroutine_handle<> h) const {
    worker.Post([h] { h.resume(); });
  }
  void await_resume() const noexcept {}
};

}  // namespace

Live::Live(WorkerPool& workers)
    : workers_(workers),
      instance_(Instance()),
      started_(std::chrono::system_clock::now()),
      shards_(static_cast<std::size_t>(workers.size())) {}

Live::Visit::Visit(Live& live, const Record& record)
    : shard_(Worker::Current() ? &live.shards_[static_cast<std::size_t>(Worker::Current()->index())] : nullptr),
      node_(record) {
  if (shard_) shard_->Enter(node_);
}

void Live::Visit::Ended(std::chrono::steady_clock::time_point now) {
  if (!shard_) return;
  node_.unlink();
  shard_->Ended(node_.record, SecondOf(now), std::chrono::system_clock::now());
}

Task<v1::Live> Live::Look(std::string tenant) {
  Worker& home = *Worker::Current();
  LiveView view(std::move(tenant), std::chrono::steady_clock::now());
  for (int i = 0; i < workers_.size(); ++i) {
    const GoTo there{workers_[i]};
    co_await there;
    view.Add(shards_[static_cast<std::size_t>(i)]);
  }
  const GoTo back{home};
  co_await back;
  v1::Live live = view.Take();
  *live.mutable_at() = TimestampOf(std::chrono::system_clock::now());
  *live.mutable_started_at() = TimestampOf(started_);
  live.set_instance(instance_);
  live.set_version(kVersion);
  co_return live;
}

}  // namespace wayleave::gateway
