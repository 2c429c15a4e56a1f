#include "base/http/server.h"

#include <boost/asio/ip/tcp.hpp>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/http/connection.h"
#include "base/http/listener.h"
#include "base/metrics/certificate_expiry.h"
#include "base/http/tls_tunnel.h"
#include "base/log/log.h"

namespace wayleave::http {
namespace {

using boost::asio::ip::tcp;

// So long a client's handshake may be under way when its connection goes elsewhere from now on.
constexpr std::chrono::milliseconds kHandshakes{300};

WebSocketCounters CountWebSockets(metrics::Registry& registry, const std::string& name) {
  const auto ended = [&](const char* reason) {
    return &registry.Counter("wayleave_http_websockets_cut_total", "WebSockets ended because of what the client did.",
                             {{"listener", name}, {"reason", reason}});
  };
  WebSocketCounters counters;
  counters.open = &registry.Gauge("wayleave_http_websockets", "Open WebSockets.", {{"listener", name}});
  counters.opened =
      &registry.Counter("wayleave_http_websockets_opened_total", "WebSockets opened.", {{"listener", name}});
  counters.broken = ended("protocol");
  counters.too_much = ended("limit");
  counters.too_slow = ended("timeout");
  return counters;
}

// What a client hears that speaks plain HTTP where TLS is spoken.
std::string PlainHttpRefusal(const Server::ErrorPage& error_page) {
  const Response page = error_page(Request{}, 400, "This port speaks HTTPS: write https:// in the URL.");
  std::string answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n";
  for (const auto& [name, value] : page.headers.entries()) answer.append(name + ": " + value + "\r\n");
  return answer.append("Content-Length: " + std::to_string(page.body.size()) + "\r\n\r\n" + page.body);
}

// The connections of one worker; touched on that worker alone.
struct Home {
  explicit Home(Worker& w) : worker(w) {}
  Worker& worker;
  TaskGroup tasks;
  std::set<Connection*> connections;
  std::set<TlsTunnel*> tunnels;
};

}  // namespace

// The listener lives on the pool's first worker; connections are dealt out in turn.
class Acceptor {
 public:
  Acceptor(WorkerPool& workers, Server::Shared& shared)
      : workers_(workers),
        shared_(shared),
        listener_(
            workers[0], [this]() -> Worker& { return workers_[static_cast<int>(next_++ % homes_.size())]; },
            [this](Worker& home, tcp::socket socket) {
              Admit(*homes_[static_cast<std::size_t>(home.index())], std::move(socket));
            }) {
    for (int i = 0; i < workers.size(); ++i) homes_.push_back(std::make_unique<Home>(workers[i]));
  }

  Result<int> Start() {
    Result<int> port = listener_.Open(shared_.config.address, shared_.config.reuse_port);
    if (port) workers_[0].Post([this] { listener_.Start(); });
    return port;
  }

  void Drain(std::chrono::milliseconds grace, std::stop_token hurry) {
    StopListening();
    shared_.draining = true;
    EachHome([](Home& home) {
      for (Connection* connection : home.connections) connection->CloseWhenIdle();
      for (TlsTunnel* tunnel : home.tunnels) tunnel->HurryUp();
    });
    if (WaitUntilClosed(grace, std::move(hurry))) return;
    log::Warning("http_drain_cut", {{"connections", shared_.open.load()}});
    EachHome([](Home& home) {
      for (Connection* connection : home.connections) connection->CloseNow();
      for (TlsTunnel* tunnel : home.tunnels) tunnel->CloseNow();
    });
    WaitUntilClosed(std::chrono::hours(1), {});
  }

 private:
  void StopListening() {
    bool diverted = false;
    OnWorker(workers_[0], [&] { diverted = listener_.Divert(); });
    if (diverted) std::this_thread::sleep_for(kHandshakes);
    OnWorker(workers_[0], [this] { listener_.Close(); });
  }

  void Admit(Home& home, tcp::socket socket) {
    boost::system::error_code error;
    const std::string peer = socket.remote_endpoint(error).address().to_string();
    if (error) return;
    if (shared_.open.load() >= shared_.config.connections) return shared_.refused_full->Increment();
    if (!TakePlace(peer)) return shared_.refused_address->Increment();
    if (shared_.tls) shared_.tls->Refresh();
    socket.set_option(tcp::no_delay(true), error);
    shared_.accepted->Increment();
    shared_.connections->Increment();
    ++shared_.open;
    home.worker.Post([this, &home, peer, socket = std::make_shared<tcp::socket>(std::move(socket))] {
      home.tasks.Spawn(Live(home, std::move(*socket), peer));
    });
  }

  Task<void> Live(Home& home, tcp::socket socket, std::string peer) {
    if (shared_.tls) {
      co_await ServeTls(home, socket, peer);
    } else {
      co_await Serve(home, socket, peer, nullptr);
    }
    shared_.connections->Decrement();
    std::lock_guard lock(mutex_);
    if (--by_address_[peer] == 0) by_address_.erase(peer);
    --shared_.open;
    closed_.notify_all();
  }

  // Takes the socket, as ServeTls() does. `tunnel` is the one that the socket comes out of, if any.
  Task<void> Serve(Home& home, tcp::socket& socket, const std::string& peer, const TlsTunnel* tunnel) {
    Connection connection(shared_, std::move(socket), peer, tunnel ? tunnel->certificate() : nullptr);
    home.connections.insert(&connection);
    if (shared_.draining) connection.CloseWhenIdle();
    co_await connection.Run();
    home.connections.erase(&connection);
  }

  Task<void> ServeTls(Home& home, tcp::socket& socket, const std::string& peer) {
    const auto handshake = shared_.draining ? TlsTunnel::kHurry : shared_.config.header_timeout;
    const TlsTunnel::Times times{handshake, shared_.config.write_timeout};
    TlsTunnel tunnel(socket.release(), *shared_.tls, times, shared_.plain_http_refusal);
    home.tunnels.insert(&tunnel);
    std::optional<tcp::socket> served = co_await tunnel.Open();
    if (served) co_await Serve(home, *served, peer, &tunnel);
    if (!served && tunnel.timed_out()) shared_.timeouts->Increment();
    co_await tunnel.Finish();
    home.tunnels.erase(&tunnel);
  }

  bool TakePlace(const std::string& peer) {
    std::lock_guard lock(mutex_);
    if (by_address_[peer] >= shared_.config.connections_per_address) return false;
    ++by_address_[peer];
    return true;
  }

  template <class Fn>
  void OnWorker(Worker& worker, Fn fn) {
    std::promise<void> done;
    worker.Post([&] {
      fn();
      done.set_value();
    });
    done.get_future().wait();
  }

  template <class Fn>
  void EachHome(Fn fn) {
    for (auto& home : homes_) OnWorker(home->worker, [&] { fn(*home); });
  }

  bool WaitUntilClosed(std::chrono::milliseconds time, std::stop_token hurry) {
    std::unique_lock lock(mutex_);
    const bool closed = closed_.wait_for(lock, std::move(hurry), time, [this] { return shared_.open.load() == 0; });
    lock.unlock();
    // The last task still has to leave its worker.
    if (closed) EachHome([](Home&) {});
    return closed;
  }

  WorkerPool& workers_;
  Server::Shared& shared_;
  std::vector<std::unique_ptr<Home>> homes_;
  Listener listener_;
  std::size_t next_ = 0;
  std::mutex mutex_;
  std::condition_variable_any closed_;
  std::map<std::string, int> by_address_;
};

Server::Server(WorkerPool& workers, ServerConfig config, Handler handler, ErrorPage error_page,
               metrics::Registry& registry, const std::string& name)
    : shared_(std::make_unique<Shared>()), acceptor_(std::make_unique<Acceptor>(workers, *shared_)) {
  shared_->config = std::move(config);
  shared_->handler = std::move(handler);
  shared_->error_page = std::move(error_page);
  shared_->connections = &registry.Gauge("wayleave_http_connections", "Open client connections.", {{"listener", name}});
  shared_->accepted = &registry.Counter("wayleave_http_connections_accepted_total", "Client connections accepted.",
                                        {{"listener", name}});
  const auto refused = [&](const char* reason) {
    return &registry.Counter("wayleave_http_connections_refused_total",
                             "Client connections closed at once because a cap was reached.",
                             {{"listener", name}, {"reason", reason}});
  };
  shared_->refused_full = refused("connections");
  shared_->refused_address = refused("connections_per_address");
  shared_->bad_requests = &registry.Counter("wayleave_http_bad_requests_total",
                                            "Requests refused before they reached a handler.", {{"listener", name}});
  shared_->timeouts =
      &registry.Counter("wayleave_http_timeouts_total", "Connections closed because a client was too slow or idle.",
                        {{"listener", name}});
  shared_->websockets = CountWebSockets(registry, name);
  TlsDoor::FailuresOf(registry);
  metrics::CertificateExpiry(registry);
  if (!shared_->config.tls) return;
  shared_->tls = std::make_unique<TlsDoor>(*shared_->config.tls, registry, name);
  shared_->plain_http_refusal = PlainHttpRefusal(shared_->error_page);
}

Server::~Server() { Drain(std::chrono::milliseconds(0)); }

void Server::Leave() { shared_->leaving = true; }

Result<int> Server::Start() {
  Status loaded = shared_->tls ? shared_->tls->Load() : Status{};
  if (!loaded) return std::move(loaded).error();
  started_ = true;
  return acceptor_->Start();
}

Status Server::ReloadCertificates() { return shared_->tls ? shared_->tls->Reload() : Status{}; }

void Server::Drain(std::chrono::milliseconds grace, std::stop_token hurry) {
  if (!std::exchange(started_, false)) return;
  acceptor_->Drain(grace, std::move(hurry));
}

}  // namespace wayleave::http
