#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <coroutine>
#include <memory>
#include <optional>
#include <string>

#include "base/async/deadline.h"
#include "base/async/event.h"
#include "base/http/content_coding.h"
#include "base/http/framing.h"
#include "base/http/server.h"
#include "base/http/socket_io.h"
#include "base/http/tls_door.h"
#include "base/net/peer_certificate.h"

namespace wayleave::http {

// What the connections of one server share: configuration, handler, counters. Thread-safe.
struct Server::Shared {
  ServerConfig config;
  Handler handler;
  ErrorPage error_page;

  std::atomic<bool> leaving{false};
  std::atomic<bool> draining{false};
  std::atomic<int> open{0};
  prometheus::Gauge* connections = nullptr;
  prometheus::Counter* accepted = nullptr;
  prometheus::Counter* refused_full = nullptr;
  prometheus::Counter* refused_address = nullptr;
  prometheus::Counter* bad_requests = nullptr;
  prometheus::Counter* timeouts = nullptr;
  WebSocketCounters websockets;
  std::unique_ptr<TlsDoor> tls;     // null: plain
  std::string plain_http_refusal;  // a whole answer, for those who speak plain HTTP to it
};

// One client connection. Lives on one worker; Run() is its life.
class Connection {
 public:
  Connection(Server::Shared& shared, boost::asio::ip::tcp::socket socket, std::string peer,
             std::shared_ptr<const net::PeerCertificate> certificate = nullptr);

  Task<void> Run();

  // The server drains: close if idle, otherwise after the answer in progress. Who has asked nothing yet has a second.
  void CloseWhenIdle();
  // Now, whatever it does.
  void CloseNow();

 private:
  friend class Responder;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  // Reading. Each returns false when the connection must end; a refusal was sent then if one was due.
  Task<bool> ReadRequest(Request& request);
  Task<bool> ReadHead(Parser& parser);
  Task<bool> ReadBody(Parser& parser, const Framing& framing, Request& request);
  Task<bool> ReadCounted(std::uint64_t length, std::string& body);
  Task<bool> ReadCoded(std::uint64_t length, ContentDecoder& decoder, std::string& body);
  Task<bool> ReadChunked(Parser& parser, ContentDecoder* decoder, std::string& body);
  Task<bool> Decode(ContentDecoder& decoder, std::string_view piece, std::string& body);
  Task<bool> MoreOfBody();
  Task<bool> Refuse(int status, std::string message);
  Task<bool> RefuseWith(Response response);
  Task<bool> RefuseBody(const char* how);
  Task<bool> RefuseCoding();
  Task<bool> RefuseDecoding(ContentDecoder::Fault fault);
  Task<bool> RefuseParse(boost::beast::error_code error);
  void TakeHead(Parser& parser, Request& request);

  // Writing.
  Task<bool> Send(Response response);
  Task<bool> SendBytes(std::string_view a, std::string_view b = {}, std::string_view c = {});
  std::string Head(int status, const HeaderList& headers, std::optional<std::size_t> length);
  Task<bool> Write(std::string_view bytes);
  Task<bool> End();
  Task<void> Upgrade(const Request& request, HeaderList headers, WebSocketLimits limits, Responder::Session session);

  void Gone();
  void Expired();
  bool IsLastAnswer() const;

  Server::Shared& shared_;
  SocketIo io_;
  const std::string peer_;
  const std::shared_ptr<const net::PeerCertificate> certificate_;
  Deadline deadline_;
  const Deadline::Clock::time_point old_at_;
  bool idle_ = true;
  bool served_ = false;
  bool timed_out_ = false;
  bool close_after_ = false;

  // The request in progress.
  const Request* request_ = nullptr;

  // The answer in progress.
  bool http11_ = true;
  bool head_only_ = false;
  bool begun_ = false;
  bool ended_ = false;
  bool chunked_ = false;
  bool aborted_ = false;
  std::string pending_head_;
  std::function<void()> on_gone_;
  std::function<void()> on_drain_;
};

}  // namespace wayleave::http
