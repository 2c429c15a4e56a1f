#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "base/async/deadline.h"
#include "base/async/event.h"
#include "base/async/worker.h"
#include "base/http/tls_door.h"
#include "base/net/tcp_stream.h"
#include "base/net/tls_stream.h"

namespace wayleave::http {

// The TLS of one accepted connection: shakes hands with the client, then carries bytes between it and one end of a
// pair of local sockets. The other end is served like any plain connection, so that everything about serving stands
// once. Nothing is gathered on the way: each direction holds one record and what the pair takes (some 64 KiB), so the
// backpressure of either side reaches the other. The client's end shows as the end of the pair, and vice versa.
//
// Belongs to one worker. The door must outlive it. Open(), then Finish(), whatever came out; then it may be destroyed.
class TlsTunnel {
 public:
  static constexpr std::chrono::milliseconds kHurry{1000};

  struct Times {
    std::chrono::milliseconds handshake;
    std::chrono::milliseconds write;  // without progress, for what is left when the served end was closed
  };
  // `fd` is taken. `refusal` is what a client hears that does not speak TLS: a whole HTTP answer.
  TlsTunnel(int fd, TlsDoor& door, Times times, std::string_view refusal);

  // The end to serve; none if the handshake failed, which was counted then.
  Task<std::optional<boost::asio::ip::tcp::socket>> Open();
  // Of a client that has shown one that is good, after Open(); otherwise null.
  std::shared_ptr<const net::PeerCertificate> certificate() const { return client_.peer(); }
  // Sends what the served end has left behind and closes. Close that end first.
  Task<void> Finish();

  // A drain: hands that are still being shaken have little time left.
  void HurryUp();
  void CloseNow();
  // Whether the client was too slow, with the handshake or with taking what was left for it.
  bool timed_out() const { return timed_out_; }

 private:
  std::optional<boost::asio::ip::tcp::socket> MakePair();
  Task<void> Refuse(const Error& error);
  Task<void> CarryIn();
  Task<void> CarryOut();
  void Expired();
  void AwaitProgress();

  TlsDoor& door_;
  const Times times_;
  const std::string_view refusal_;
  net::TlsStream client_;
  net::Socket* pair_ = nullptr;  // owned by inner_
  std::unique_ptr<net::TcpStream> inner_;
  TaskGroup carriers_;
  Deadline deadline_;
  Event sent_all_;
  Deadline::Clock::time_point send_began_;
  bool opened_ = false;
  bool sending_ = false;
  bool sent_ = true;
  bool finishing_ = false;
  bool timed_out_ = false;
};

}  // namespace wayleave::http
