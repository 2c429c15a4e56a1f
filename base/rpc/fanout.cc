#include "base/rpc/fanout.h"

namespace wayleave::rpc {
namespace {

constexpr std::size_t kMostReplicas = 64;

}  // namespace

void Tally::Add(const Status& status) {
  ++(status ? answered : failed);
  if (!status) failure = status.error();
}

Fanout::Fanout(ClientRuntime& runtime, FanoutConfig config, Resolve resolve)
    : runtime_(runtime),
      config_(std::move(config)),
      names_(ParseReplicas(config_.target)),
      resolve_(std::move(resolve)) {
  Take(names_.fixed);
}

Task<Fanout::Replicas> Fanout::Current(Tally& tally) {
  if (MustResolve()) {
    auto resolving = resolve_(names_.host, names_.port, config_.timeout);
    const Result<std::vector<std::string>> names = co_await resolving;
    if (names) Take(*names);
    if (!names) tally.failure = names.error();
  }
  Replicas replicas = List();
  if (replicas.empty()) ++tally.failed;
  co_return replicas;
}

// One caller resolves for all, but for the first ones, who have nobody to call before.
bool Fanout::MustResolve() {
  if (names_.host.empty()) return false;
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (!replicas_.empty() && now < resolve_at_) return false;
  resolve_at_ = now + config_.resolve_interval;
  return true;
}

// A replica that is gone lives until its last call has ended.
void Fanout::Take(const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::shared_ptr<Replica>> next;
  for (const std::string& name : names) {
    if (next.size() == kMostReplicas) break;
    const auto known = replicas_.find(name);
    ChannelConfig config{name, config_.timeout, std::chrono::milliseconds(0)};
    config.server_name = names_.host;
    next[name] = known != replicas_.end() ? known->second : std::make_shared<Replica>(runtime_, std::move(config));
  }
  replicas_.swap(next);
}

Fanout::Replicas Fanout::List() {
  const std::lock_guard lock(mutex_);
  Replicas replicas;
  for (const auto& [name, replica] : replicas_) replicas.push_back(replica);
  return replicas;
}

}  // namespace wayleave::rpc
