#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/async/deadline.h"
#include "base/http/response_reader.h"
#include "base/net/stream.h"
#include "base/net/tls.h"

namespace wayleave::http {

// A server as a client tells it from others. A plain value; `tls` must outlive its use.
struct Origin {
  std::string host;
  int port = 0;
  const net::TlsContext* tls = nullptr;

  // What connections are kept under.
  std::string Key() const;
  // The value of the Host header.
  std::string Authority() const;
};

struct PoolConfig {
  std::size_t max_idle_per_origin = 128;
  // Below the keep-alive time of common servers there is less to retry.
  std::chrono::milliseconds idle_timeout{30000};
};

// The open connections of one worker that wait for their next exchange. Belongs to that worker; built on
// any thread before its first use, destroyed on the worker or when it has stopped. The counts may be read
// by any thread.
class ConnectionPool {
 public:
  explicit ConnectionPool(PoolConfig config = {}) : config_(config) {}
  ~ConnectionPool();

  // An open connection, with the count of them.
  class Connection {
   public:
    Connection(ConnectionPool& pool, std::unique_ptr<net::Stream> open) : stream(std::move(open)), pool_(pool) {
      pool_.open_.fetch_add(1, std::memory_order_relaxed);
    }
    ~Connection() { pool_.open_.fetch_sub(1, std::memory_order_relaxed); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    const std::unique_ptr<net::Stream> stream;

   private:
    ConnectionPool& pool_;
  };

  // The one that was used last and is still good, or nullptr.
  std::unique_ptr<Connection> Take(const std::string& key);
  // Keeps a connection for later. `unfinished` is the response whose last bytes have not come yet; they
  // are read when the connection is wanted again, and if they are not there then, it is closed.
  void Put(const std::string& key, std::unique_ptr<Connection> connection,
           std::unique_ptr<ResponseReader> unfinished = nullptr);

  std::int64_t open() const { return open_.load(std::memory_order_relaxed); }
  std::int64_t idle() const { return idle_.load(std::memory_order_relaxed); }

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    std::unique_ptr<ResponseReader> unfinished;
    Deadline::Clock::time_point until;
  };
  static bool IsGood(Idle& idle);
  void Sweep();
  void ArmSweep();

  const PoolConfig config_;
  std::atomic<std::int64_t> open_{0};
  std::atomic<std::int64_t> idle_{0};
  std::unordered_map<std::string, std::deque<Idle>> idle_by_key_;  // newest at the back
  std::optional<Deadline> sweep_;
};

}  // namespace wayleave::http
