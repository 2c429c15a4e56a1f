#include "base/http/server.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <set>

#include "base/http/connection.h"
#include "base/http/tls_tunnel.h"
#include "base/log/log.h"

namespace wayleave::http {
namespace {

using boost::asio::ip::tcp;

Result<tcp::endpoint> ParseAddress(const std::string& address) {
  const auto colon = address.rfind(':');
  boost::system::error_code error;
  std::string host = colon == std::string::npos ? "" : address.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty() || host == "*") host = "0.0.0.0";
  const auto ip = boost::asio::ip::make_address(host, error);
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  if (error || port.empty() || port.find_first_not_of("0123456789") != std::string::npos || port.size() > 5 ||
      std::stoi(port) > 65535) {
    return Error{
        Code::kInvalidArgument, "\"" + address + "\" is no address to listen on; write it like 127.0.0.1:8787", {}, {}};
  }
  return tcp::endpoint(ip, static_cast<unsigned short>(std::stoi(port)));
}

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

// The acceptor lives on the pool's first worker and deals the connections out in turn.
class Acceptor {
 public:
  Acceptor(WorkerPool& workers, Server::Shared& shared) : workers_(workers), shared_(shared) {
    for (int i = 0; i < workers.size(); ++i) homes_.push_back(std::make_unique<Home>(workers[i]));
  }

  Result<int> Start() {
    Result<tcp::endpoint> endpoint = ParseAddress(shared_.config.address);
    if (!endpoint) return std::move(endpoint).error();
    boost::system::error_code error;
    acceptor_.emplace(workers_[0].io());
    acceptor_->open(endpoint->protocol(), error);
    acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    acceptor_->bind(*endpoint, error);
    if (!error) acceptor_->listen(boost::asio::socket_base::max_listen_connections, error);
    if (error) {
      return Error{Code::kUnavailable, "can't listen on " + shared_.config.address + ": " + error.message(), {}, {}};
    }
    workers_[0].Post([this] { Accept(); });
    return static_cast<int>(acceptor_->local_endpoint().port());
  }

  void Drain(std::chrono::milliseconds grace) {
    shared_.draining = true;
    OnWorker(workers_[0], [this] {
      boost::system::error_code ignored;
      if (acceptor_) acceptor_->close(ignored);
    });
    EachHome([](Home& home) {
      for (Connection* connection : home.connections) connection->CloseWhenIdle();
      for (TlsTunnel* tunnel : home.tunnels) tunnel->CloseIfUnopened();
    });
    if (WaitUntilClosed(grace)) return;
    log::Warning("http_drain_cut", {{"connections", shared_.open.load()}});
    EachHome([](Home& home) {
      for (Connection* connection : home.connections) connection->CloseNow();
      for (TlsTunnel* tunnel : home.tunnels) tunnel->CloseNow();
    });
    WaitUntilClosed(std::chrono::hours(1));
  }

 private:
  void Accept() {
    Home& home = *homes_[next_++ % homes_.size()];
    acceptor_->async_accept(home.worker.io(), [this, &home](boost::system::error_code error, tcp::socket socket) {
      if (shared_.draining || !acceptor_->is_open()) return;
      if (!error) Admit(home, std::move(socket));
      if (error) return RetryLater(error);
      Accept();
    });
  }

  // Out of file descriptors or memory: accepting again at once would only spin.
  void RetryLater(boost::system::error_code why) {
    log::Error("http_accept_failed", {{"reason", why.message()}});
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](boost::system::error_code error) {
      if (!error && acceptor_->is_open()) Accept();
    });
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
    const TlsTunnel::Times times{shared_.config.header_timeout, shared_.config.write_timeout};
    TlsTunnel tunnel(socket.release(), *shared_.tls, times, shared_.plain_http_refusal);
    home.tunnels.insert(&tunnel);
    if (shared_.draining) tunnel.CloseIfUnopened();
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

  bool WaitUntilClosed(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    const bool closed = closed_.wait_for(lock, time, [this] { return shared_.open.load() == 0; });
    lock.unlock();
    // The last task still has to leave its worker.
    if (closed) EachHome([](Home&) {});
    return closed;
  }

  WorkerPool& workers_;
  Server::Shared& shared_;
  std::vector<std::unique_ptr<Home>> homes_;
  std::optional<tcp::acceptor> acceptor_;
  boost::asio::steady_timer pause_{workers_[0].io()};
  std::size_t next_ = 0;
  std::mutex mutex_;
  std::condition_variable closed_;
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
  if (!shared_->config.tls) return;
  shared_->tls = std::make_unique<TlsDoor>(*shared_->config.tls, registry, name);
  shared_->plain_http_refusal = PlainHttpRefusal(shared_->error_page);
}

Server::~Server() { Drain(std::chrono::milliseconds(0)); }

Result<int> Server::Start() {
  Status loaded = shared_->tls ? shared_->tls->Load() : Status{};
  if (!loaded) return std::move(loaded).error();
  started_ = true;
  return acceptor_->Start();
}

Status Server::ReloadCertificates() { return shared_->tls ? shared_->tls->Reload() : Status{}; }

void Server::Drain(std::chrono::milliseconds grace) {
  if (!std::exchange(started_, false)) return;
  acceptor_->Drain(grace);
}

}  // namespace wayleave::http
