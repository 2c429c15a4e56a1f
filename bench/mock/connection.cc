#include "bench/mock/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "bench/wire/clock.h"

namespace wayleave::bench::mock {
namespace {

// Of a body only its ends are looked at: a request of a megabyte costs no more than its copy.
constexpr std::size_t kBodyHead = 2048;
constexpr std::size_t kBodyTail = 1024;
constexpr int kWritesPerTurn = 32;  // of a stream without delay, before others have their turn

bool WantsStream(std::string_view text) {
  return text.find("\"stream\":true") != text.npos || text.find("\"stream\": true") != text.npos;
}

Api ApiOf(std::string_view path) {
  if (path.find("/responses") != path.npos) return Api::kResponses;
  if (path.find("/messages") != path.npos) return Api::kMessages;
  return path.find("/api/chat") != path.npos ? Api::kOllama : Api::kChat;
}

bool WouldWait(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

Connection::Connection(int socket, std::uint64_t id, int epoll) : socket_(socket), id_(id), epoll_(epoll) {
  epoll_event interest{.events = EPOLLIN | EPOLLRDHUP, .data = {.fd = socket_}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &interest);
}

Connection::~Connection() { close(socket_); }

void Connection::OnReadable() {
  static std::array<char, 1024 * 1024> buffer;  // the program has one thread
  const ssize_t size = recv(socket_, buffer.data(), buffer.size(), 0);
  if (size > 0) {
    OnInput({buffer.data(), static_cast<std::size_t>(size)});
  } else if (size == 0 || !WouldWait(errno)) {
    alive_ = false;
  }
}

void Connection::OnInput(std::string_view in) {
  while (alive_ && !in.empty()) {
    if (answering_) {
      next_requests_.append(in);
      return;
    }
    if (in_head_) {
      if (!head_.Take(in)) alive_ = !head_.too_long();
      else if (!OnHead()) alive_ = false;
    } else {
      KeepBody(body_.Next(in));
    }
    if (!in_head_ && body_.done()) OnRequest();
    if (body_.broken()) alive_ = false;
  }
}

bool Connection::OnHead() {
  const auto head = ParseHead(head_.head());
  if (!head) return false;
  const std::string_view line = head->first_line;
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || last <= first) return false;
  is_get_ = line.substr(0, first) == "GET";
  path_.assign(line.substr(first + 1, last - first - 1));
  keep_alive_ = head->keep_alive;
  if (head->expects_continue) Send("HTTP/1.1 100 Continue\r\n\r\n");
  // A request without a length has no body.
  body_.Start(head->framing == Framing::kUntilClose ? Framing::kLength : head->framing, head->length);
  body_head_.clear();
  body_tail_.clear();
  head_.Reset();
  in_head_ = false;
  return true;
}

void Connection::KeepBody(std::string_view piece) {
  if (body_head_.size() < kBodyHead) body_head_.append(piece.substr(0, kBodyHead - body_head_.size()));
  if (piece.size() >= kBodyTail) {
    body_tail_.assign(piece.substr(piece.size() - kBodyTail));
    return;
  }
  body_tail_.append(piece);
  if (body_tail_.size() > kBodyTail) body_tail_.erase(0, body_tail_.size() - kBodyTail);
}

void Connection::OnRequest() {
  in_head_ = true;
  answering_ = true;
  sent_events_ = 0;
  terms_ = ReadTerms(body_head_);
  api_ = ApiOf(path_);
  streaming_ = !is_get_ && terms_.status == 200 && (WantsStream(body_head_) || WantsStream(body_tail_));
  due_ = NowNs() + static_cast<std::uint64_t>(terms_.first_us) * 1000;
  if (terms_.first_us <= 0) OnDue();
}

void Connection::OnDue() {
  if (streaming_) return StreamOn();
  due_.reset();
  Answer();
  if (alive_) FinishAnswer();
}

void Connection::Answer() {
  if (path_ == "/v1/traces") return Send(CollectorAnswer());
  if (terms_.status != 200) return Send(ErrorAnswer(terms_.status));
  if (path_.find("/api/show") != path_.npos) return Send(OllamaShowAnswer());
  if (path_.find("/api/tags") != path_.npos) return Send(OllamaTagsAnswer());
  if (!is_get_) return Send(CompleteAnswer(api_));
  Send(path_.find("models") != path_.npos ? ModelsAnswer() : HealthAnswer());
}

void Connection::StreamOn() {
  const std::uint64_t now = std::exchange(due_, std::nullopt).value_or(NowNs());
  const bool paced = terms_.interval_us > 0;
  for (int writes = paced ? 1 : kWritesPerTurn; writes > 0; --writes) {
    if (!unsent_.empty()) return;  // goes on when the socket has drained
    if (!StreamOneWrite()) return;
  }
  // The next event is due by the timetable, not by when this one left.
  due_ = paced ? now + static_cast<std::uint64_t>(terms_.interval_us) * 1000 : NowNs();
}

// False when the stream is over.
bool Connection::StreamOneWrite() {
  if (terms_.break_after >= 0 && sent_events_ >= terms_.break_after) return alive_ = false;
  std::string out;
  if (sent_events_ == 0) out = StreamBegin(api_);
  AppendEvents(out);
  const bool last = sent_events_ >= terms_.events;
  if (last) {
    AppendChunk(out, StreamEnd(api_, terms_.events));
    out += kLastChunk;
  }
  Send(out);
  if (last && alive_) FinishAnswer();
  return alive_ && !last;
}

void Connection::AppendEvents(std::string& out) {
  const long count = std::min(terms_.per_write, terms_.events - sent_events_);
  const std::uint64_t now = NowNs();
  std::string events;
  for (long i = 0; i < count; ++i) AppendDelta(events, api_, terms_.event_bytes, now);
  AppendChunk(out, events);
  sent_events_ += count;
}

void Connection::FinishAnswer() {
  answering_ = false;
  streaming_ = false;
  if (!keep_alive_ && unsent_.empty()) alive_ = false;
  if (alive_ && !next_requests_.empty()) OnInput(std::exchange(next_requests_, {}));
}

void Connection::Send(std::string_view bytes) {
  std::size_t taken = 0;
  if (unsent_.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && !WouldWait(errno)) alive_ = false;
    taken = sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  unsent_.append(bytes.substr(taken));
  WantWrite(!unsent_.empty());
}

void Connection::OnWritable() {
  if (!unsent_.empty()) {
    const ssize_t sent = send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      alive_ = WouldWait(errno);
      return;
    }
    unsent_.erase(0, static_cast<std::size_t>(sent));
    if (!unsent_.empty()) return;
  }
  WantWrite(false);
  if (answering_ && streaming_ && !due_) {
    StreamOn();
  } else if (!answering_ && !keep_alive_) {
    alive_ = false;
  }
}

void Connection::WantWrite(bool want) {
  if (wants_write_ == want) return;
  wants_write_ = want;
  epoll_event interest{.events = EPOLLIN | EPOLLRDHUP | (want ? EPOLLOUT : 0u), .data = {.fd = socket_}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, socket_, &interest);
}

}  // namespace wayleave::bench::mock
