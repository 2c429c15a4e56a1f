#include "base/http/client.h"

#include <algorithm>
#include <array>

#include "base/async/worker.h"
#include "base/text/plain.h"

namespace wayleave::http {
namespace {

using Clock = Deadline::Clock;
constexpr auto kNever = Clock::time_point::max();
constexpr std::size_t kReadSize = 64 * 1024;

// One for each worker: streams write into it only after all waiting, and it is emptied at once.
char* ReadBuffer() {
  thread_local const std::unique_ptr<char[]> buffer(new char[kReadSize]);
  return buffer.get();
}

Clock::time_point After(Clock::time_point from, std::chrono::milliseconds time) {
  return time.count() > 0 ? from + time : kNever;
}

// A line end within a value would start another header.
bool IsClean(std::string_view text) {
  const auto ends_line = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return text::IsPlain(text) || std::none_of(text.begin(), text.end(), ends_line);
}

bool IsClean(const ClientRequest& request) {
  if (!IsClean(request.target) || request.target.find(' ') != request.target.npos) return false;
  if (!request.headers) return true;
  return std::all_of(request.headers->begin(), request.headers->end(),
                     [](const auto& header) { return IsClean(header.first) && IsClean(header.second); });
}

std::size_t BodySize(const ClientRequest& request) {
  std::size_t size = 0;
  if (request.body) {
    for (std::string_view piece : *request.body) size += piece.size();
  }
  return size;
}

}  // namespace

// Sets the timers of a phase and takes them back at its end.
class Exchange::Phase {
 public:
  Phase(Exchange& exchange, Waiting waiting, Clock::time_point until, Clock::time_point quiet_at = kNever)
      : exchange_(exchange) {
    exchange.waiting_ = waiting;
    exchange.phase_at_ = until;
    exchange.quiet_at_ = quiet_at;
    exchange.quiet_ = false;
    exchange.deadline_.SetAt(std::min({until, quiet_at, exchange.total_at_}));
  }
  ~Phase() {
    exchange_.waiting_ = Waiting::kNothing;
    exchange_.deadline_.Clear();
  }

 private:
  Exchange& exchange_;
};

Exchange::Exchange(ConnectionPool& pool, const Origin& origin, ClientTimeouts timeouts)
    : pool_(pool),
      origin_(origin),
      key_(origin.Key()),
      timeouts_(timeouts),
      deadline_(Worker::Current()->deadlines(), [this] { OnDeadline(); }) {}

Exchange::~Exchange() = default;

Task<Result<ResponseHead>> Exchange::Send(const ClientRequest& request) {
  if (!IsClean(request)) co_return Error{Code::kInvalidArgument, "a header holds a line end", "bad_response"};
  total_at_ = After(Clock::now(), timeouts_.total);
  const std::string head = Head(request);

  connection_ = pool_.Take(key_);
  if (connection_) {
    Result<ResponseHead> response = co_await Attempt(request, head);
    const bool stale = !response && !heard_ && !cancelled_ && !timed_out_;
    if (!stale) co_return response;
    connection_.reset();
  }
  Status opened = co_await OpenNew();
  if (!opened) co_return std::move(opened).error();
  co_return co_await Attempt(request, head);
}

std::string Exchange::Head(const ClientRequest& request) const {
  std::string head;
  head.reserve(512);
  head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
  head.append(origin_.Authority()).append("\r\n");
  if (request.headers) {
    for (const auto& [name, value] : *request.headers) head.append(name).append(": ").append(value).append("\r\n");
  }
  if (request.body) head.append("Content-Length: ").append(std::to_string(BodySize(request))).append("\r\n");
  return head.append("\r\n");
}

Task<Status> Exchange::OpenNew() {
  if (cancelled_) co_return Explain({});
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::min(After(Clock::now(), timeouts_.connect), total_at_) - Clock::now());
  connector_ = std::make_unique<net::Connector>();
  const net::Endpoint endpoint{origin_.host, origin_.port, origin_.tls};
  Result<std::unique_ptr<net::Stream>> stream =
      co_await connector_->Connect(endpoint, std::min<std::chrono::milliseconds>(left, std::chrono::hours(1)));
  connector_.reset();
  ++connects_;
  if (!stream) {
    connect_failed_ = true;
    Error error = std::move(stream).error();
    if (error.code == Code::kDeadlineExceeded) error.reason = "connect_timeout";
    if (error.reason.empty()) error.reason = "refused";
    co_return Explain(std::move(error));
  }
  connection_ = std::make_unique<ConnectionPool::Connection>(pool_, std::move(stream).value());
  co_return Status{};
}

Task<Result<ResponseHead>> Exchange::Attempt(const ClientRequest& request, const std::string& head) {
  heard_ = false;
  reader_ = std::make_unique<ResponseReader>();
  std::vector<std::string_view> pieces{head};
  if (request.body) pieces.insert(pieces.end(), request.body->begin(), request.body->end());

  if (cancelled_) co_return Explain({});
  bool sent = false;
  {
    Phase sending(*this, Waiting::kSend, After(Clock::now(), timeouts_.idle));
    Status written = co_await connection_->stream->Write(pieces);
    sent = written.ok();
  }
  sent_at_ = Clock::now();
  if (cancelled_ || timed_out_) co_return Explain({});
  // A server that refuses a request may answer and close before it has read everything: look for that answer.
  Status read = co_await ReadHead();
  if (!read) co_return Explain(std::move(read).error());
  ResponseHead response = reader_->TakeHead();
  if (reader_->done()) {
    if (sent) Finish();
    connection_.reset();
  }
  co_return response;
}

Task<Status> Exchange::ReadHead() {
  Phase waiting(*this, Waiting::kHead, After(Clock::now(), timeouts_.first_byte));
  while (!reader_->head_done()) {
    Status read = co_await ReadSome(early_);
    if (!read) co_return read;
  }
  co_return Status{};
}

Task<Result<Exchange::Body>> Exchange::ReadBody(std::string& append, std::chrono::milliseconds quiet) {
  if (!early_.empty()) {
    append += early_;
    early_ = {};
    if (reader_ && reader_->done()) Finish();
    co_return reader_ ? Body::kMore : Body::kEnd;
  }
  if (!reader_ || reader_->done()) {
    Finish();
    co_return Body::kEnd;
  }
  if (cancelled_ || timed_out_) co_return Explain({});

  if (!quiet_) silent_since_ = Clock::now();
  Phase waiting(*this, Waiting::kBody, After(silent_since_, timeouts_.idle), After(Clock::now(), quiet));
  const std::size_t before = append.size();
  while (append.size() == before && !reader_->done()) {
    Status read = co_await ReadSome(append);
    if (!read && read.error().code == Code::kAborted && quiet_) co_return Body::kQuiet;
    if (!read) co_return Explain(std::move(read).error());
  }
  quiet_ = false;
  if (!reader_->done()) co_return Body::kMore;
  Finish();
  co_return Body::kEnd;
}

Task<Status> Exchange::ReadSome(std::string& append) {
  char* const buffer = ReadBuffer();
  Result<std::size_t> n = co_await connection_->stream->Read(buffer, kReadSize);
  if (!n) co_return std::move(n).error();
  if (*n == 0) co_return reader_->FeedEnd();
  heard_ = true;
  co_return reader_->Feed({buffer, *n}, append);
}

void Exchange::Finish() {
  if (connection_ && reader_ && reader_->reusable() && !cancelled_) pool_.Put(key_, std::move(connection_));
  connection_.reset();
  reader_.reset();
}

void Exchange::Release() {
  if (connection_ && reader_ && !cancelled_ && !timed_out_) {
    if (reader_->done()) return Finish();
    pool_.Put(key_, std::move(connection_), std::move(reader_));
  }
  connection_.reset();
}

void Exchange::Cancel() {
  cancelled_ = true;
  if (connector_) connector_->Cancel();
  if (connection_) connection_->stream->Close();
}

void Exchange::OnDeadline() {
  const auto now = Clock::now();
  if (now >= total_at_) {
    timed_out_ = "total_timeout";
  } else if (now >= phase_at_) {
    timed_out_ = waiting_ == Waiting::kHead ? "first_byte_timeout" : "idle_timeout";
  }
  if (timed_out_) {
    if (connection_) connection_->stream->Close();
    return;
  }
  if (now >= quiet_at_) {
    quiet_ = true;
    if (connection_) connection_->stream->Interrupt();
    deadline_.Set({});  // in case that the reader was just not waiting
    return;
  }
  deadline_.SetAt(std::min({phase_at_, quiet_at_, total_at_}));
}

Error Exchange::Explain(Error error) const {
  if (cancelled_) return Error{Code::kCancelled, "cancelled", "cancelled"};
  if (timed_out_) return Error{Code::kDeadlineExceeded, "the upstream was silent for too long", timed_out_};
  if (error.reason.empty()) error.reason = "closed";
  return error;
}

}  // namespace wayleave::http
