#include "base/http/listener.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "base/log/log.h"

namespace wayleave::http {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr std::chrono::milliseconds kProbe{20};
constexpr std::chrono::milliseconds kLook{1};
constexpr std::chrono::milliseconds kPause{100};

Error Unusable(const std::string& address) {
  return Error{
      Code::kInvalidArgument, "\"" + address + "\" is no address to listen on; write it like 127.0.0.1:8787", {}, {}};
}

Result<tcp::endpoint> ParseAddress(const std::string& address) {
  const auto colon = address.rfind(':');
  error_code error;
  std::string host = colon == std::string::npos ? "" : address.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty() || host == "*") host = "0.0.0.0";
  const auto ip = boost::asio::ip::make_address(host, error);
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  const bool number = !port.empty() && port.find_first_not_of("0123456789") == std::string::npos && port.size() <= 5;
  if (error || !number || std::stoi(port) > 65535) return Unusable(address);
  return tcp::endpoint(ip, static_cast<unsigned short>(std::stoi(port)));
}

// Where this machine reaches what listens on `local`.
tcp::endpoint Reachable(tcp::endpoint local) {
  if (!local.address().is_unspecified()) return local;
  if (local.address().is_v4()) return {boost::asio::ip::address_v4::loopback(), local.port()};
  return {boost::asio::ip::address_v6::loopback(), local.port()};
}

}  // namespace

Result<int> Listener::Open(const std::string& address, bool reuse_port) {
  const Result<tcp::endpoint> endpoint = ParseAddress(address);
  if (!endpoint) return endpoint.error();
  error_code error;
  acceptor_.emplace(worker_.io());
  acceptor_->open(endpoint->protocol(), error);
  acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
  if (reuse_port) acceptor_->set_option(ReusePort(true), error);
  acceptor_->bind(*endpoint, error);
  if (!error) acceptor_->listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) return Error{Code::kUnavailable, "can't listen on " + address + ": " + error.message(), {}, {}};
  shared_ = reuse_port;
  return static_cast<int>(acceptor_->local_endpoint().port());
}

void Listener::Accept() {
  Worker& home = choose_();
  acceptor_->async_accept(home.io(), [this, &home](error_code error, Socket socket) {
    if (!open() || error == boost::asio::error::operation_aborted) return;
    if (error) return RetryLater(error);
    take_(home, std::move(socket));
    Accept();
  });
}

// Out of file descriptors or memory: accepting again at once would only spin.
void Listener::RetryLater(error_code why) {
  log::Error("http_accept_failed", {{"reason", why.message()}});
  pause_.expires_after(kPause);
  pause_.async_wait([this](error_code error) {
    if (!error && open()) Accept();
  });
}

// The sockets of an address stand in the kernel's table in the order in which they came. Who is second need not be the
// other one, so a connection of our own tells. What the program says is void once there is only one.
bool Listener::Divert() {
  if (!shared_ || !open()) return false;
  for (const unsigned index : {1U, 0U}) {
    if (!SteerTo(index)) return false;
    if (!ComesHere()) return true;
  }
  return false;
}

bool Listener::SteerTo(unsigned index) {
  sock_filter choose{BPF_RET | BPF_K, 0, 0, index};
  const sock_fprog program{1, &choose};
  return ::setsockopt(acceptor_->native_handle(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0;
}

// Also when nobody can be reached at all: then nothing is known of another process.
bool Listener::ComesHere() {
  error_code error;
  Socket probe(worker_.io());
  const tcp::endpoint here = Reachable(acceptor_->local_endpoint());
  probe.open(here.protocol(), error);
  probe.non_blocking(true, error);
  probe.connect(here, error);  // goes on by itself
  const tcp::endpoint ours = probe.local_endpoint(error);
  bool found = false;
  const Take look = [&](Worker& home, Socket socket) {
    error_code gone;
    const bool is_probe = socket.remote_endpoint(gone) == ours;
    found = found || is_probe;
    if (!is_probe) take_(home, std::move(socket));
  };
  const auto until = std::chrono::steady_clock::now() + kProbe;
  while (!found && std::chrono::steady_clock::now() < until) {
    TakeWaiting(look);
    if (!found) std::this_thread::sleep_for(kLook);
  }
  probe.remote_endpoint(error);
  return found || error;
}

void Listener::TakeWaiting(const Take& take) {
  error_code error;
  acceptor_->non_blocking(true, error);
  while (!error) {
    Worker& home = choose_();
    Socket socket(home.io());
    acceptor_->accept(socket, error);
    if (!error) take(home, std::move(socket));
  }
}

void Listener::Close() {
  if (!open()) return;
  TakeWaiting(take_);
  error_code ignored;
  acceptor_->close(ignored);
  pause_.cancel();
}

}  // namespace wayleave::http
