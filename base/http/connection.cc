#include "base/http/connection.h"

#include <array>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <charconv>
#include <ctime>

#include "base/http/websocket_handshake.h"
#include "base/log/log.h"

namespace wayleave::http {
namespace {

namespace beast = boost::beast;
constexpr std::chrono::milliseconds kLinger{500};
constexpr std::chrono::milliseconds kFirstRequest{1000};  // of a connection that came when the server was about to end

const char* Reason(int status) {
  const auto name = beast::http::obsolete_reason(static_cast<beast::http::status>(status));
  return name.data();
}

// The Date header changes once a second; each thread keeps the last one.
std::string_view Date() {
  thread_local std::time_t made = 0;
  thread_local std::array<char, 40> text{};
  thread_local std::size_t length = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    made = now;
  }
  return {text.data(), length};
}

void AppendHeader(std::string& to, std::string_view name, std::string_view value) {
  to.append(name).append(": ").append(value).append("\r\n");
}

bool WantsClose(const HeaderList& headers, bool http11) {
  beast::http::token_list options(headers.Get("connection"));
  return options.exists("close") || (!http11 && !options.exists("keep-alive"));
}

// Answers that end with their head, whatever it says (RFC 9110, section 6.4.1).
bool IsBodyless(int status) { return status < 200 || status == 204 || status == 304; }

// Somewhere within a tenth around the age, so that not all who came together go together.
Deadline::Clock::time_point OldAt(std::chrono::milliseconds age) {
  if (age.count() <= 0) return Deadline::Clock::time_point::max();
  const auto now = Deadline::Clock::now();
  const auto spread = std::chrono::duration_cast<std::chrono::nanoseconds>(age) / 5;
  const auto share = now.time_since_epoch() % std::max(spread, std::chrono::nanoseconds(1));
  return now + age - spread / 2 + share;
}

iovec Piece(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

Connection::Connection(Server::Shared& shared, boost::asio::ip::tcp::socket socket, std::string peer,
                       std::shared_ptr<const net::PeerCertificate> certificate)
    : shared_(shared),
      io_(std::move(socket), shared.config.header_bytes, [this] { Gone(); }),
      peer_(std::move(peer)),
      certificate_(std::move(certificate)),
      deadline_(Worker::Current()->deadlines(), [this] { Expired(); }),
      old_at_(OldAt(shared.config.connection_age)) {}

Task<void> Connection::Run() {
  io_.Start();
  for (;;) {
    Request request;
    const bool read = co_await ReadRequest(request);
    if (!read) break;
    Responder responder(*this);
    try {
      co_await shared_.handler(request, responder);
    } catch (const std::exception& e) {
      log::Error("http_handler_failed", {{"path", std::string(request.path())}, {"what", e.what()}});
    }
    on_gone_ = nullptr;
    if (!begun_ && !io_.ended()) {
      Response failure = shared_.error_page(request, 500, "The gateway failed to answer this request.");
      co_await Send(std::move(failure));
    }
    if (!ended_ || aborted_ || close_after_ || io_.ended() || shared_.draining) break;
  }
  deadline_.Clear();
  io_.Close();
  co_await io_.Quiet();
}

void Connection::CloseWhenIdle() {
  close_after_ = true;
  if (idle_ && !served_) deadline_.Set(kFirstRequest);
  if (idle_ && served_) io_.Interrupt();
  if (on_drain_) on_drain_();
}

void Connection::CloseNow() { io_.Close(); }

void Connection::Gone() {
  if (on_gone_) std::exchange(on_gone_, nullptr)();
}

void Connection::Expired() {
  timed_out_ = true;
  if (!idle_ || !shared_.draining) shared_.timeouts->Increment();
  if (begun_ && !ended_) return io_.Close();  // a client that does not read
  io_.Interrupt();
}

Task<bool> Connection::ReadRequest(Request& request) {
  request_ = &request;
  begun_ = ended_ = chunked_ = aborted_ = head_only_ = false;
  idle_ = true;
  deadline_.Set(shared_.draining ? kFirstRequest : shared_.config.idle_timeout);
  if (io_.input().empty()) {
    const bool more = co_await io_.More();
    if (!more) co_return false;
  }
  idle_ = false;
  served_ = true;
  request.arrived = std::chrono::steady_clock::now();
  deadline_.Set(shared_.config.header_timeout);

  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(shared_.config.header_bytes));
  parser.body_limit(boost::none);  // the length is judged when it is known who asks for what
  const bool head = co_await ReadHead(parser);
  if (!head) co_return false;
  parser.body_limit(shared_.config.body_bytes);
  TakeHead(parser, request);
  request.peer = peer_;
  request.certificate = certificate_;

  Framing framing;
  if (auto refusal = CheckFraming(request.headers, request.http11, framing)) {
    co_return co_await Refuse(refusal->status, std::move(refusal->message));
  }
  const bool body = co_await ReadBody(parser, framing, request);
  if (!body) co_return false;
  http11_ = request.http11;
  head_only_ = request.method == "HEAD";
  close_after_ = close_after_ || WantsClose(request.headers, request.http11);
  deadline_.Clear();
  co_return true;
}

Task<bool> Connection::ReadHead(Parser& parser) {
  for (;;) {
    const std::string_view input = io_.input();
    if (const auto end = input.find("\r\n\r\n"); end != std::string_view::npos) {
      if (HasAmbiguousLines(input.substr(0, end + 2))) {
        co_return co_await Refuse(400, "The header lines can't be read without doubt.");
      }
      beast::error_code error;
      const std::size_t used = parser.put(boost::asio::const_buffer(input.data(), end + 4), error);
      if (error && error != beast::http::error::need_more) co_return co_await RefuseParse(error);
      if (!parser.is_header_done()) co_return co_await RefuseParse(beast::http::error::bad_field);
      io_.Consume(used);
      co_return true;
    }
    if (input.find("\n\n") != std::string_view::npos) {
      co_return co_await Refuse(400, "Header lines must end in CRLF.");
    }
    if (io_.full()) co_return co_await Refuse(431, "The headers are too large.");
    const bool more = co_await io_.More();
    if (more) continue;
    if (timed_out_) co_return co_await Refuse(408, "The headers did not arrive in time.");
    co_return false;
  }
}

void Connection::TakeHead(Parser& parser, Request& request) {
  auto& message = parser.get();
  request.method = message.method_string();
  request.target = message.target();
  request.http11 = message.version() >= 11;
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    request.headers.Add(std::move(name), field.value());
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!request.target.starts_with(scheme)) continue;
    const auto slash = request.target.find('/', scheme.size());
    request.target = slash == std::string::npos ? "/" : request.target.substr(slash);
  }
}

Task<bool> Connection::RefuseParse(beast::error_code error) {
  if (error == beast::http::error::body_limit) co_return co_await RefuseBody("");
  if (error == beast::http::error::header_limit) co_return co_await Refuse(431, "The headers are too large.");
  co_return co_await Refuse(400,
                            "The request is not HTTP/1.1 as this gateway understands it: " + error.message() + ".");
}

Task<bool> Connection::Refuse(int status, std::string message) {
  Response response = shared_.error_page(*request_, status, message);
  co_return co_await RefuseWith(std::move(response));
}

// After a refusal nothing more of this connection is trusted. The close waits a little for the client to read.
Task<bool> Connection::RefuseWith(Response response) {
  shared_.bad_requests->Increment();
  close_after_ = true;
  timed_out_ = false;
  const bool sent = co_await Send(std::move(response));
  if (sent) {
    io_.ShutdownSend();
    deadline_.Set(kLinger);
    while (!io_.ended() && !timed_out_) {
      io_.Consume(io_.input().size());
      co_await io_.More();
    }
  }
  co_return false;
}

bool Connection::IsLastAnswer() const {
  return shared_.draining || shared_.leaving || Deadline::Clock::now() >= old_at_;
}

std::string Connection::Head(int status, const HeaderList& headers, std::optional<std::size_t> length) {
  std::string head;
  head.reserve(512);
  head.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(Reason(status)).append("\r\n");
  AppendHeader(head, "Date", Date());
  for (const auto& [name, value] : headers.entries()) AppendHeader(head, name, value);
  const bool bodyless = IsBodyless(status);
  head_only_ = head_only_ || bodyless;
  if (length && !bodyless) AppendHeader(head, "Content-Length", std::to_string(*length));
  chunked_ = !length && http11_ && !bodyless;
  if (chunked_) AppendHeader(head, "Transfer-Encoding", "chunked");
  if (!length && !http11_) close_after_ = true;
  close_after_ = close_after_ || IsLastAnswer();
  if (close_after_) {
    AppendHeader(head, "Connection", "close");
  } else if (!http11_) {
    AppendHeader(head, "Connection", "keep-alive");
  }
  return head.append("\r\n");
}

Task<bool> Connection::Send(Response response) {
  begun_ = true;
  const std::string head = Head(response.status, response.headers, response.body.size());
  const bool sent = co_await SendBytes(head, head_only_ ? std::string_view{} : std::string_view(response.body));
  ended_ = true;
  co_return sent;
}

Task<bool> Connection::SendBytes(std::string_view a, std::string_view b, std::string_view c) {
  std::array<iovec, 3> pieces{Piece(a), Piece(b), Piece(c)};
  std::size_t used = 0;
  for (const iovec& piece : pieces) {
    if (piece.iov_len != 0) pieces[used++] = piece;
  }
  // Only an answer's own time counts here: reading a request has a deadline of its own.
  const bool answering = begun_ && !timed_out_;
  const std::function<void()> progress = [this, answering] {
    if (answering) deadline_.Set(shared_.config.write_timeout);
  };
  progress();
  const bool sent = co_await io_.SendAll(std::span<iovec>(pieces.data(), used), progress);
  if (answering) deadline_.Clear();
  co_return sent;
}

Task<bool> Connection::Write(std::string_view bytes) {
  if (bytes.empty() || ended_ || head_only_ || io_.ended()) co_return !io_.ended();
  std::string lead = std::exchange(pending_head_, {});
  if (!chunked_) co_return co_await SendBytes(lead, bytes);
  std::array<char, 20> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
  lead.append(size.data(), end).append("\r\n");
  co_return co_await SendBytes(lead, bytes, "\r\n");
}

Task<bool> Connection::End() {
  if (ended_ || io_.ended()) co_return !io_.ended();
  std::string rest = std::exchange(pending_head_, {});
  if (chunked_ && !head_only_) rest.append("0\r\n\r\n");
  const bool sent = co_await SendBytes(rest);
  ended_ = true;
  co_return sent;
}

Task<void> Connection::Upgrade(const Request& request, HeaderList headers, WebSocketLimits limits,
                               Responder::Session session) {
  begun_ = ended_ = close_after_ = true;
  std::string head = "HTTP/1.1 101 Switching Protocols\r\n";
  AppendHeader(head, "Upgrade", "websocket");
  AppendHeader(head, "Connection", "Upgrade");
  AppendHeader(head, "Sec-WebSocket-Accept", AcceptKey(request.headers.Get("sec-websocket-key")));
  AppendHeader(head, "Date", Date());
  for (const auto& [name, value] : headers.entries()) AppendHeader(head, name, value);
  head.append("\r\n");
  const bool sent = co_await SendBytes(head);
  if (!sent) co_return;
  if (limits.message_bytes == 0) limits.message_bytes = shared_.config.body_bytes;
  limits.message_timeout = shared_.config.body_timeout;
  limits.write_timeout = shared_.config.write_timeout;
  WebSocket socket(io_, limits, shared_.websockets);
  on_gone_ = [&socket] { socket.PeerLeft(); };
  on_drain_ = [&socket] { socket.Drain(); };
  if (shared_.draining) socket.Drain();
  socket.Start();
  try {
    co_await session(socket);
  } catch (const std::exception& e) {
    log::Error("websocket_session_failed", {{"path", std::string(request.path())}, {"what", e.what()}});
    socket.Close(close_code::kInternalError, "the server failed");
  }
  co_await socket.Finish();
  on_gone_ = nullptr;
  on_drain_ = nullptr;
}

Task<bool> Responder::Send(Response response) { return connection_.Send(std::move(response)); }

void Responder::Begin(int status, HeaderList headers) {
  connection_.begun_ = true;
  connection_.pending_head_ = connection_.Head(status, headers, std::nullopt);
}

Task<bool> Responder::Write(std::string_view bytes) { return connection_.Write(bytes); }
Task<bool> Responder::End() { return connection_.End(); }
void Responder::Abort() { connection_.aborted_ = true; }
Task<void> Responder::Upgrade(const Request& request, HeaderList headers, WebSocketLimits limits, Session session) {
  return connection_.Upgrade(request, std::move(headers), limits, std::move(session));
}
bool Responder::begun() const { return connection_.begun_; }
bool Responder::gone() const { return connection_.io_.ended(); }

void Responder::OnGone(std::function<void()> fn) {
  connection_.on_gone_ = std::move(fn);
  if (connection_.io_.ended()) connection_.Gone();
}

}  // namespace wayleave::http
