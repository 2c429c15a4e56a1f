#include "base/http/connection_pool.h"

#include <algorithm>

#include "base/async/worker.h"

namespace wayleave::http {

std::string Origin::Key() const {
  return host + '|' + std::to_string(port) + '|' + std::to_string(reinterpret_cast<std::uintptr_t>(tls));
}

std::string Origin::Authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return port == (tls ? 443 : 80) ? name : name + ':' + std::to_string(port);
}

ConnectionPool::~ConnectionPool() = default;

std::unique_ptr<ConnectionPool::Connection> ConnectionPool::Take(const std::string& key) {
  const auto found = idle_by_key_.find(key);
  if (found == idle_by_key_.end()) return nullptr;
  auto& waiting = found->second;
  while (!waiting.empty()) {
    Idle idle = std::move(waiting.back());
    waiting.pop_back();
    idle_.fetch_sub(1, std::memory_order_relaxed);
    if (IsGood(idle)) return std::move(idle.connection);
  }
  return nullptr;
}

void ConnectionPool::Put(const std::string& key, std::unique_ptr<Connection> connection,
                         std::unique_ptr<ResponseReader> unfinished) {
  auto& waiting = idle_by_key_[key];
  if (waiting.size() >= config_.max_idle_per_origin) return;
  const auto until = Deadline::Clock::now() + config_.idle_timeout;
  waiting.push_back(Idle{std::move(connection), std::move(unfinished), until});
  idle_.fetch_add(1, std::memory_order_relaxed);
  if (!sweep_) ArmSweep();
}

// Whatever a server says between exchanges, its goodbye above all, makes the connection useless.
bool ConnectionPool::IsGood(Idle& idle) {
  char buffer[4096];
  std::string ignored;
  while (Deadline::Clock::now() < idle.until) {
    std::size_t n = sizeof buffer;
    const auto ready = idle.connection->stream->TryRead(buffer, n);
    const bool finished = !idle.unfinished || idle.unfinished->reusable();
    if (ready == net::Stream::Ready::kNothing) return finished;
    if (ready != net::Stream::Ready::kData || finished || idle.unfinished->done()) return false;
    if (!idle.unfinished->Feed({buffer, n}, ignored) || !ignored.empty()) return false;
  }
  return false;
}

void ConnectionPool::ArmSweep() {
  sweep_.emplace(Worker::Current()->deadlines(), [this] { Sweep(); });
  sweep_->Set(std::max<Deadline::Clock::duration>(config_.idle_timeout / 4, std::chrono::milliseconds(50)));
}

void ConnectionPool::Sweep() {
  const auto now = Deadline::Clock::now();
  for (auto it = idle_by_key_.begin(); it != idle_by_key_.end();) {
    auto& waiting = it->second;
    while (!waiting.empty() && waiting.front().until <= now) {
      waiting.pop_front();
      idle_.fetch_sub(1, std::memory_order_relaxed);
    }
    it = waiting.empty() ? idle_by_key_.erase(it) : std::next(it);
  }
  sweep_.reset();  // an idle worker shall not tick
  if (!idle_by_key_.empty()) ArmSweep();
}

}  // namespace wayleave::http
