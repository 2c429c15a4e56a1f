#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/async/deadline.h"
#include "base/async/event.h"
#include "base/async/task.h"
#include "base/async/worker.h"
#include "base/http/websocket_frame.h"

namespace wayleave::http {

class SocketIo;

struct WebSocketLimits {
  // One message; and together with those that wait for their turn.
  std::size_t message_bytes = std::size_t{64} << 20;
  std::size_t waiting_messages = 8;
  // From a message's first byte to its last.
  std::chrono::milliseconds message_timeout{60000};
  // While nobody has a message under way, and nothing is being done about one.
  std::chrono::milliseconds idle_timeout{std::chrono::minutes(30)};
  // A silent peer is asked so often whether it still is there, and dropped if it says nothing until the next time.
  std::chrono::milliseconds ping_interval{30000};
  // Without progress, while the peer does not read.
  std::chrono::milliseconds write_timeout{60000};
  // For the peer's part of the closing handshake.
  std::chrono::milliseconds close_timeout{1000};
};

// Counted by a server's WebSockets. Thread-safe; any may be absent.
struct WebSocketCounters {
  prometheus::Gauge* open = nullptr;
  prometheus::Counter* opened = nullptr;
  prometheus::Counter* broken = nullptr;    // frames that are none, bad UTF-8, binary messages
  prometheus::Counter* too_much = nullptr;  // messages too large, or too many of them
  prometheus::Counter* too_slow = nullptr;  // messages that don't end, peers that don't read or answer no ping
};

// The server's end of one WebSocket (RFC 6455), without extensions: text messages in and out. It always reads, so pings
// are answered and the peer's end is noticed while its owner waits for something else; messages that come meanwhile
// wait in order, within limits. Whatever a peer does wrong ends the connection with the close code that says what.
//
// Belongs to one worker. One coroutine owns it and calls Next(), Send() and Finish(). Made and finished by
// Responder::Upgrade(), which outlives it.
class WebSocket {
 public:
  WebSocket(SocketIo& io, WebSocketLimits limits, WebSocketCounters& counters);
  ~WebSocket();

  // The next whole text message; nothing once the connection ends, whoever ends it, or the server drains.
  Task<std::optional<std::string>> Next();

  // Sends text messages, well-formed UTF-8 each, in as few writes as possible. Returns when the operating system has
  // taken them: that is the backpressure. False once the peer is gone; then nothing more can be sent.
  Task<bool> Send(std::span<const std::string_view> messages);

  // Says why the connection is to end, for the close frame that Finish() sends. The first word counts.
  void Close(std::uint16_t code, std::string_view reason);

  // Whether the peer has closed, broken the protocol or vanished.
  bool gone() const { return gone_; }
  // Runs `fn` once, on this worker, when that happens; at once if it has. An empty one takes it back.
  void OnGone(std::function<void()> fn);

  // For the connection that this lives on.
  void Start();
  void PeerLeft();
  // No message is begun any more; what is in progress may end.
  void Drain();
  // The closing handshake; returns when nothing runs any more. Call it once, before destruction.
  Task<void> Finish();

 private:
  // Reading.
  Task<void> Read();
  void TakeInput();
  bool Step();
  bool TakeHead();
  bool TakePayload();
  void TakeControl(std::string_view payload);
  void TakeClose(std::string_view payload);
  void EndMessage();
  void Fail(std::uint16_t code, std::string_view reason, prometheus::Counter* counter);
  void StopReading();
  void MarkGone();
  std::size_t held() const { return waiting_bytes_ + message_.size(); }

  // Writing.
  Task<bool> Write(std::string bytes);
  Task<void> WriteControl();
  void StartControl();
  std::string TakeDueControl();

  // Timers.
  void PingDue();
  void Idle();
  void MessageTooSlow();
  void WriteTooSlow();

  SocketIo& io_;
  const WebSocketLimits limits_;
  WebSocketCounters& counters_;
  TaskGroup tasks_;

  FrameHead frame_;
  std::uint64_t payload_taken_ = 0;
  bool in_frame_ = false;
  bool in_message_ = false;
  std::string message_;
  std::deque<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  Event arrived_;

  bool writing_ = false;
  Event written_;
  std::optional<std::string> pong_due_;
  bool ping_due_ = false;
  bool ping_unanswered_ = false;

  bool reads_ = true;         // frames still count
  bool peer_closed_ = false;  // its close frame came
  bool gone_ = false;
  bool draining_ = false;
  bool stopping_ = false;
  std::optional<std::uint16_t> close_code_;
  std::string close_reason_;
  std::function<void()> on_gone_;

  Deadline message_deadline_;
  Deadline idle_deadline_;
  Deadline ping_deadline_;
  Deadline write_deadline_;
  Deadline close_deadline_;
};

}  // namespace wayleave::http
