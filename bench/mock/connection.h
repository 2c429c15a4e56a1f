#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/mock/answers.h"
#include "bench/mock/terms.h"
#include "bench/wire/message_reader.h"

namespace wayleave::bench::mock {

// One client of the mock: reads a request, answers it on its own terms, then reads the next. Requests that
// come while one is answered wait for their turn.
//
// After each call ask alive(), due() and wants_write(): the server acts on them. The epoll set must outlive it.
class Connection {
 public:
  Connection(int socket, std::uint64_t id, int epoll);
  Connection(const Connection&) = delete;
  ~Connection();

  void OnReadable();
  void OnWritable();
  // The time in due() has come.
  void OnDue();

  std::uint64_t id() const { return id_; }
  bool alive() const { return alive_; }
  // When to call OnDue(); a later call may have set another time or none.
  std::optional<std::uint64_t> due() const { return due_; }

 private:
  void OnInput(std::string_view in);
  bool OnHead();
  void KeepBody(std::string_view piece);
  void OnRequest();
  void Answer();
  void StreamOn();
  bool StreamOneWrite();
  void AppendEvents(std::string& out);
  void FinishAnswer();
  void Send(std::string_view bytes);
  void WantWrite(bool want);

  const int socket_;
  const std::uint64_t id_;
  const int epoll_;
  bool alive_ = true;

  bool in_head_ = true;
  HeadReader head_;
  BodyReader body_;
  std::string body_head_;  // the first bytes, where the model's name stands
  std::string body_tail_;  // the last bytes, where "stream" may stand
  bool is_get_ = false;
  bool keep_alive_ = true;
  std::string path_;
  std::string next_requests_;

  bool answering_ = false;
  bool streaming_ = false;
  Api api_ = Api::kChat;
  Terms terms_;
  long sent_events_ = 0;
  std::optional<std::uint64_t> due_;
  std::string unsent_;  // what the socket didn't take
  bool wants_write_ = false;
};

}  // namespace wayleave::bench::mock
