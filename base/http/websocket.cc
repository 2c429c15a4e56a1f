#include "base/http/websocket.h"

#include <sys/uio.h>

#include "base/http/socket_io.h"
#include "base/text/utf8.h"

namespace wayleave::http {
namespace {

// Some clients refuse frames (not messages) beyond 16 MiB.
constexpr std::size_t kFrameBytes = std::size_t{4} << 20;

void Count(prometheus::Counter* counter) {
  if (counter) counter->Increment();
}

DeadlineList& Deadlines() { return Worker::Current()->deadlines(); }

}  // namespace

WebSocket::WebSocket(SocketIo& io, WebSocketLimits limits, WebSocketCounters& counters)
    : io_(io),
      limits_(limits),
      counters_(counters),
      message_deadline_(Deadlines(), [this] { MessageTooSlow(); }),
      idle_deadline_(Deadlines(), [this] { Idle(); }),
      ping_deadline_(Deadlines(), [this] { PingDue(); }),
      write_deadline_(Deadlines(), [this] { WriteTooSlow(); }),
      close_deadline_(Deadlines(), [this] { io_.Close(); }) {
  Count(counters_.opened);
  if (counters_.open) counters_.open->Increment();
}

WebSocket::~WebSocket() {
  if (counters_.open) counters_.open->Decrement();
}

void WebSocket::Start() {
  ping_deadline_.Set(limits_.ping_interval);
  tasks_.Spawn(Read());
}

Task<std::optional<std::string>> WebSocket::Next() {
  if (waiting_.empty()) idle_deadline_.Set(limits_.idle_timeout);
  while (waiting_.empty() && !gone_ && !draining_ && !close_code_) co_await arrived_;
  idle_deadline_.Clear();
  if (waiting_.empty() || gone_ || draining_ || close_code_) co_return std::nullopt;
  std::optional<std::string> message = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= message->size();
  co_return message;
}

Task<bool> WebSocket::Send(std::span<const std::string_view> messages) {
  if (gone_) co_return false;
  std::size_t size = 0;
  for (const std::string_view message : messages) size += message.size() + 16;
  std::string bytes;
  bytes.reserve(size);
  for (const std::string_view message : messages) AppendTextMessage(bytes, message, kFrameBytes);
  const bool sent = co_await Write(std::move(bytes));
  co_return sent && !gone_;
}

void WebSocket::Close(std::uint16_t code, std::string_view reason) {
  if (close_code_) return;
  close_code_ = code;
  close_reason_ = reason;
  arrived_.Set();
}

void WebSocket::OnGone(std::function<void()> fn) {
  on_gone_ = std::move(fn);
  if (gone_ && on_gone_) std::exchange(on_gone_, nullptr)();
}

void WebSocket::PeerLeft() { MarkGone(); }

void WebSocket::Drain() {
  draining_ = true;
  arrived_.Set();
}

void WebSocket::MarkGone() {
  if (std::exchange(gone_, true)) return;
  arrived_.Set();
  if (on_gone_) std::exchange(on_gone_, nullptr)();
}

// --- Reading

Task<void> WebSocket::Read() {
  while (!io_.ended() && !stopping_) {
    TakeInput();
    if (io_.full()) Fail(close_code::kMessageTooBig, "a control frame larger than the buffer", counters_.too_much);
    co_await io_.More();
  }
  MarkGone();
  arrived_.Set();
}

void WebSocket::TakeInput() {
  if (!io_.input().empty()) {
    ping_unanswered_ = false;
    ping_deadline_.Set(limits_.ping_interval);
  }
  while (reads_ && Step()) continue;
  if (!reads_) io_.Consume(io_.input().size());
}

// One frame's head, a part of its payload, or a whole control frame. False when more input is needed.
bool WebSocket::Step() { return in_frame_ ? TakePayload() : TakeHead(); }

bool WebSocket::TakeHead() {
  const std::string_view input = io_.input();
  const FrameCheck check = ReadFrameHead(input, frame_);
  if (check == FrameCheck::kBroken) {
    Fail(close_code::kProtocolError, "a frame that no client may send", counters_.broken);
    return false;
  }
  if (check == FrameCheck::kIncomplete) return false;
  if (frame_.control()) {
    if (input.size() < frame_.size + frame_.length) return false;
    std::string payload(input.substr(frame_.size, frame_.length));
    Mask(payload, frame_.mask, 0);
    io_.Consume(frame_.size + frame_.length);
    TakeControl(payload);
    return true;
  }
  const bool continues = frame_.opcode == Opcode::kContinuation;
  if (continues != in_message_) {
    Fail(close_code::kProtocolError, "fragments out of order", counters_.broken);
    return false;
  }
  if (frame_.opcode == Opcode::kBinary) {
    Fail(close_code::kUnsupportedData, "only text messages are understood", counters_.broken);
    return false;
  }
  if (frame_.length > limits_.message_bytes || held() + frame_.length > limits_.message_bytes) {
    Fail(close_code::kMessageTooBig, "more than " + std::to_string(limits_.message_bytes) + " bytes",
         counters_.too_much);
    return false;
  }
  if (!in_message_) message_deadline_.Set(limits_.message_timeout);
  in_frame_ = in_message_ = true;
  payload_taken_ = 0;
  io_.Consume(frame_.size);
  return true;
}

// What is declared is not believed: the buffer grows with what has come.
bool WebSocket::TakePayload() {
  const std::string_view input = io_.input();
  const std::size_t count = std::min<std::uint64_t>(input.size(), frame_.length - payload_taken_);
  const std::size_t before = message_.size();
  message_.append(input.substr(0, count));
  Mask(std::span<char>(message_).subspan(before), frame_.mask, payload_taken_);
  payload_taken_ += count;
  io_.Consume(count);
  if (payload_taken_ < frame_.length) return false;
  in_frame_ = false;
  if (frame_.final) EndMessage();
  return true;
}

void WebSocket::EndMessage() {
  in_message_ = false;
  message_deadline_.Clear();
  if (!text::IsUtf8(message_)) return Fail(close_code::kInvalidPayload, "text that is no UTF-8", counters_.broken);
  if (waiting_.size() >= limits_.waiting_messages) {
    return Fail(close_code::kPolicyViolation, "too many messages before the answers", counters_.too_much);
  }
  waiting_bytes_ += message_.size();
  waiting_.push_back(std::exchange(message_, {}));
  arrived_.Set();
}

void WebSocket::TakeControl(std::string_view payload) {
  if (frame_.opcode == Opcode::kClose) return TakeClose(payload);
  if (frame_.opcode != Opcode::kPing) return;
  pong_due_ = payload;  // only the newest ping needs an answer
  StartControl();
}

void WebSocket::TakeClose(std::string_view payload) {
  peer_closed_ = true;
  const std::uint16_t code = payload.size() < 2
                                 ? close_code::kNoStatus
                                 : static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                                              static_cast<std::uint8_t>(payload[1]));
  const bool fine = payload.empty() || (payload.size() >= 2 && IsSendableCloseCode(code) && text::IsUtf8(payload.substr(2)));
  if (!fine) return Fail(close_code::kProtocolError, "a close frame that says nothing valid", counters_.broken);
  Close(payload.empty() ? close_code::kNormal : code, {});
  StopReading();
  arrived_.Set();
}

void WebSocket::Fail(std::uint16_t code, std::string_view reason, prometheus::Counter* counter) {
  Count(counter);
  Close(code, reason);
  StopReading();
}

void WebSocket::StopReading() {
  reads_ = false;
  message_deadline_.Clear();
  ping_deadline_.Clear();
  message_ = {};
  MarkGone();
}

// --- Writing

Task<bool> WebSocket::Write(std::string bytes) {
  while (writing_) co_await written_;
  if (io_.ended()) co_return false;
  writing_ = true;
  const std::string control = TakeDueControl();
  iovec pieces[2] = {{const_cast<char*>(control.data()), control.size()}, {bytes.data(), bytes.size()}};
  std::span<iovec> all(pieces);
  if (control.empty()) all = all.subspan(1);
  // A peer that takes messages lives, even if its pong is far behind them.
  const bool message = !bytes.empty();
  const std::function<void()> progress = [this, message] {
    write_deadline_.Set(limits_.write_timeout);
    if (message) ping_unanswered_ = false;
  };
  write_deadline_.Set(limits_.write_timeout);
  const bool sent = co_await io_.SendAll(all, progress);
  write_deadline_.Clear();
  writing_ = false;
  written_.Set();
  if (sent) StartControl();
  co_return sent;
}

// Pings and pongs go with the next message or, if none is being written, by themselves.
void WebSocket::StartControl() {
  if (!writing_ && !stopping_ && (pong_due_ || ping_due_)) tasks_.Spawn(WriteControl());
}

Task<void> WebSocket::WriteControl() {
  std::string nothing;
  co_await Write(std::move(nothing));
}

std::string WebSocket::TakeDueControl() {
  std::string bytes;
  if (pong_due_) AppendFrame(bytes, Opcode::kPong, *pong_due_);
  if (ping_due_) AppendFrame(bytes, Opcode::kPing, {});
  pong_due_.reset();
  ping_due_ = false;
  return bytes;
}

// --- The end

Task<void> WebSocket::Finish() {
  on_gone_ = nullptr;
  idle_deadline_.Clear();
  ping_deadline_.Clear();
  pong_due_.reset();
  ping_due_ = false;
  std::string bytes;
  if (!close_code_) Close(close_code::kGoingAway, "the server is stopping");
  AppendClose(bytes, *close_code_, close_reason_);
  const bool sent = co_await Write(std::move(bytes));
  // Whoever closes first waits for the other's close frame. After an error what the peer says no longer counts, but
  // closing before it has read why could take the close frame away from it.
  if (sent && !peer_closed_) {
    if (!reads_) io_.ShutdownSend();
    close_deadline_.Set(limits_.close_timeout);
    while (!io_.ended() && !peer_closed_) co_await arrived_;
    close_deadline_.Clear();
  }
  stopping_ = true;
  message_deadline_.Clear();
  io_.Close();
  co_await tasks_.Empty();
}

// --- Timers

void WebSocket::PingDue() {
  if (std::exchange(ping_unanswered_, true)) {
    Count(counters_.too_slow);
    return io_.Close();
  }
  ping_due_ = true;
  ping_deadline_.Set(limits_.ping_interval);
  StartControl();
}

void WebSocket::Idle() { Close(close_code::kGoingAway, "idle"); }

void WebSocket::MessageTooSlow() { Fail(close_code::kPolicyViolation, "a message took too long", counters_.too_slow); }

void WebSocket::WriteTooSlow() {
  Count(counters_.too_slow);
  io_.Close();
}

}  // namespace wayleave::http
