#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/load/answer_check.h"
#include "bench/wire/message_reader.h"

namespace wayleave::bench::load {

// What became of a connection after its socket was ready.
enum class Event {
  kNothing,
  kFree,    // connected, or the answer is complete: it may send
  kClosed,  // the answer is complete and the server closes: open it again
  kBroken,  // it ended in the middle, or what it said makes no sense
};

// One client connection: sends a request, reads and checks the answer, one at a time.
//
// `options`, `tally` and `request` must outlive it; the epoll set too.
class Connection {
 public:
  Connection(const Options& options, Tally& tally, const std::string& request, int epoll, std::uint64_t id)
      : options_(options), tally_(tally), request_(request), check_(options, tally), epoll_(epoll), id_(id) {}
  Connection(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  ~Connection();

  // Begins to connect, giving up what was open. Ends the program when the address refuses at once.
  void Open();
  // Latency counts from `started_ns`, which may lie in the past: when the timetable wanted it.
  void Send(std::uint64_t started_ns);
  Event OnReady(std::uint32_t events);

  bool busy() const { return busy_; }
  bool streaming() const { return busy_ && check_.saw_event(); }

 private:
  void WantWrite(bool want);
  void Write();
  Event Connected();
  Event Read();
  Event OnInput(std::string_view in, std::uint64_t now_ns);
  bool OnHead();
  Event Finish(std::uint64_t now_ns);

  const Options& options_;
  Tally& tally_;
  const std::string& request_;
  AnswerCheck check_;
  const int epoll_;
  const std::uint64_t id_;

  int socket_ = -1;
  bool connected_ = false;
  bool wants_write_ = false;
  bool busy_ = false;
  bool in_head_ = true;
  bool keep_alive_ = true;
  bool timed_ = false;
  int status_ = 0;
  std::size_t sent_ = 0;
  std::uint64_t started_ns_ = 0;
  HeadReader head_;
  BodyReader body_;
};

}  // namespace wayleave::bench::load
