#include "base/http/tls_tunnel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "base/log/log.h"

namespace wayleave::http {
namespace {

using boost::asio::ip::tcp;

constexpr std::size_t kRecord = 16 << 10;
constexpr int kPairBytes = 32 << 10;  // Linux doubles it
constexpr std::chrono::milliseconds kLinger{500};

// Streams write into what they were given to read into after all waiting, so the tunnels of a worker share this.
char* Scratch() {
  thread_local std::array<char, kRecord> scratch;
  return scratch.data();
}

Task<Result<std::string>> ReadSome(net::Stream& from) {
  Result<std::size_t> n = co_await from.Read(Scratch(), kRecord);
  if (!n) co_return std::move(n).error();
  co_return std::string(Scratch(), *n);
}

Task<Status> WriteAll(net::Stream& to, const std::string& bytes) {
  const std::array<std::string_view, 1> pieces{bytes};
  co_return co_await to.Write(pieces);
}

}  // namespace

TlsTunnel::TlsTunnel(int fd, TlsDoor& door, Times times, std::string_view refusal)
    : door_(door),
      times_(times),
      refusal_(refusal),
      client_(std::make_unique<net::Socket>(fd), door.Current()),
      deadline_(Worker::Current()->deadlines(), [this] { Expired(); }) {}

Task<std::optional<tcp::socket>> TlsTunnel::Open() {
  deadline_.Set(times_.handshake);
  Status shaken = co_await client_.Handshake();
  deadline_.Clear();
  if (!shaken) {
    co_await Refuse(shaken.error());
    co_return std::nullopt;
  }
  opened_ = true;
  std::optional<tcp::socket> served = MakePair();
  if (!served) co_return std::nullopt;
  sent_ = false;
  carriers_.Spawn(CarryIn());
  carriers_.Spawn(CarryOut());
  co_return served;
}

Task<void> TlsTunnel::Refuse(const Error& error) {
  door_.CountFailure(timed_out_ ? "timeout" : error.reason);
  log::Debug("tls_handshake_failed", {{"reason", timed_out_ ? "timeout" : error.reason}, {"what", error.message}});
  if (timed_out_ || error.reason.empty() || error.reason == "gone") co_return;
  deadline_.Set(kLinger);
  const std::string_view clear = error.reason == "plain_http" ? refusal_ : std::string_view{};
  co_await client_.Dismiss(clear);
  timed_out_ = false;  // that it lingered is no fault
}

std::optional<tcp::socket> TlsTunnel::MakePair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    log::Error("tls_pair_failed", {{"reason", std::generic_category().message(errno)}});
    return std::nullopt;
  }
  for (const int end : ends) ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kPairBytes, sizeof kPairBytes);
  auto socket = std::make_unique<net::Socket>(ends[0]);
  pair_ = socket.get();
  inner_ = std::make_unique<net::TcpStream>(std::move(socket));
  tcp::socket served(Worker::Current()->io());
  boost::system::error_code error;
  served.assign(tcp::v4(), ends[1], error);
  if (!error) return served;
  ::close(ends[1]);
  return std::nullopt;
}

// From the client to the server.
Task<void> TlsTunnel::CarryIn() {
  for (;;) {
    Result<std::string> bytes = co_await ReadSome(client_);
    if (!bytes || bytes->empty()) break;
    Status written = co_await WriteAll(*inner_, *bytes);
    if (!written) break;
  }
  pair_->ShutdownSend();
}

// From the server to the client.
Task<void> TlsTunnel::CarryOut() {
  for (;;) {
    Result<std::string> bytes = co_await ReadSome(*inner_);
    if (!bytes || bytes->empty()) break;
    send_began_ = Deadline::Clock::now();
    sending_ = true;
    Status written = co_await WriteAll(client_, *bytes);
    sending_ = false;
    if (!written) {
      inner_->Close();  // the server notices
      break;
    }
    if (finishing_) AwaitProgress();
  }
  client_.ShutdownSend();
  sent_ = true;
  sent_all_.Set();
}

Task<void> TlsTunnel::Finish() {
  finishing_ = true;
  if (!sent_) AwaitProgress();
  while (!sent_) co_await sent_all_;
  deadline_.Clear();
  CloseNow();
  co_await carriers_.Empty();
}

// A client that had stopped reading before the served end was closed is not given its time again.
void TlsTunnel::AwaitProgress() {
  deadline_.SetAt((sending_ ? send_began_ : Deadline::Clock::now()) + times_.write);
}

void TlsTunnel::Expired() {
  timed_out_ = true;
  CloseNow();
}

void TlsTunnel::HurryUp() {
  if (!opened_) deadline_.Set(kHurry);
}

void TlsTunnel::CloseNow() {
  client_.Close();
  if (inner_) inner_->Close();
}

}  // namespace wayleave::http
