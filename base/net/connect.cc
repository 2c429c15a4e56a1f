#include "base/net/connect.h"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/async/event.h"
#include "base/net/socket.h"
#include "base/net/tcp_stream.h"
#include "base/net/tls_stream.h"

namespace wayleave::net {
namespace {

using boost::asio::ip::tcp;

Address FromAsio(const tcp::endpoint& endpoint) {
  Address address;
  address.size = static_cast<socklen_t>(endpoint.size());
  std::memcpy(&address.storage, endpoint.data(), endpoint.size());
  return address;
}

Error TimedOut() { return Error{Code::kDeadlineExceeded, "connecting took too long"}; }
Error Forbidden() { return Error{Code::kPermissionDenied, "the address is link-local or a metadata service"}; }

}  // namespace

// Shared with the resolver's handler: getaddrinfo can't be stopped, so whoever gives up leaves it behind.
struct Connector::Resolution {
  explicit Resolution(boost::asio::io_context& io) : resolver(io) {}
  tcp::resolver resolver;
  Event changed;
  bool done = false;
  bool abandoned = false;
  boost::system::error_code error;
  std::vector<Address> addresses;
};

Connector::Connector() : deadline_(Worker::Current()->deadlines(), [this] { OnDeadline(); }) {}

Connector::~Connector() = default;

Task<Result<std::unique_ptr<Stream>>> Connector::Connect(const Endpoint& endpoint, std::chrono::milliseconds timeout) {
  until_ = Deadline::Clock::now() + timeout;
  deadline_.SetAt(until_);
  Result<Addresses> addresses = co_await Resolve(endpoint);
  if (!addresses) co_return std::move(addresses).error();
  Result<std::unique_ptr<Stream>> stream = co_await TryEach(endpoint, *addresses);
  deadline_.Clear();
  if (cancelled_) co_return Error{Code::kCancelled, "cancelled"};
  co_return stream;
}

void Connector::Cancel() {
  cancelled_ = true;
  Abort();
}

void Connector::OnDeadline() { Abort(); }

void Connector::Abort() {
  if (resolution_ && !resolution_->done && !resolution_->abandoned) {
    resolution_->abandoned = true;
    resolution_->resolver.cancel();
    resolution_->changed.Set();
  }
  if (socket_) socket_->Close();
  if (stream_) stream_->Close();
}

Task<Result<Connector::Addresses>> Connector::Resolve(const Endpoint& endpoint) {
  if (cancelled_) co_return Error{Code::kCancelled, "cancelled"};
  Address literal;
  if (ParseAddress(endpoint.host, endpoint.port, literal)) co_return Addresses{literal};

  resolution_ = std::make_shared<Resolution>(Worker::Current()->io());
  resolution_->resolver.async_resolve(
      endpoint.host, std::to_string(endpoint.port),
      [r = resolution_](boost::system::error_code error, const tcp::resolver::results_type& results) {
        if (r->abandoned) return;
        r->done = true;
        r->error = error;
        for (const auto& entry : results) r->addresses.push_back(FromAsio(entry.endpoint()));
        r->changed.Set();
      });
  Event& changed = resolution_->changed;  // g++ 12's null check reads a wrong place if this is not named
  co_await changed;
  if (cancelled_) co_return Error{Code::kCancelled, "cancelled"};
  if (!resolution_->done) co_return TimedOut();
  if (resolution_->error) co_return Error{Code::kUnavailable, resolution_->error.message(), "resolve"};
  co_return std::move(resolution_->addresses);
}

Task<Result<std::unique_ptr<Stream>>> Connector::TryEach(const Endpoint& endpoint, const Addresses& addresses) {
  Error last{Code::kUnavailable, "the host has no address"};
  for (std::size_t i = 0; i < addresses.size() && !cancelled_; ++i) {
    if (IsForbidden(addresses[i])) {
      last = Forbidden();
      continue;
    }
    // A silent address leaves its share of the time to those behind it.
    const auto now = Deadline::Clock::now();
    if (now >= until_) co_return TimedOut();
    deadline_.SetAt(now + (until_ - now) / static_cast<int>(addresses.size() - i));
    Result<std::unique_ptr<Stream>> stream = co_await TryOne(endpoint, addresses[i]);
    if (stream) co_return stream;
    last = std::move(stream).error();
    if (last.code == Code::kCancelled) last = TimedOut();
  }
  co_return last;
}

Task<Result<std::unique_ptr<Stream>>> Connector::TryOne(const Endpoint& endpoint, const Address& address) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) co_return Error{Code::kUnavailable, std::generic_category().message(errno)};
  auto socket = std::make_unique<Socket>(fd);

  socket_ = socket.get();
  Status connected = co_await socket->Connect(address);
  socket_ = nullptr;
  if (!connected) co_return std::move(connected).error();
  if (!endpoint.tls) co_return std::unique_ptr<Stream>(std::make_unique<TcpStream>(std::move(socket)));

  auto stream = std::make_unique<TlsStream>(std::move(socket), *endpoint.tls, endpoint.host);
  stream_ = stream.get();
  Status shaken = co_await stream->Handshake();
  stream_ = nullptr;
  if (!shaken) {
    Error error = std::move(shaken).error();
    error.reason = "tls";
    co_return error;
  }
  co_return std::unique_ptr<Stream>(std::move(stream));
}

Task<Result<std::unique_ptr<Stream>>> Connect(std::string host, int port, const TlsContext* tls,
                                              std::chrono::milliseconds timeout) {
  Connector connector;
  const Endpoint endpoint{std::move(host), port, tls};
  co_return co_await connector.Connect(endpoint, timeout);
}

}  // namespace wayleave::net
