#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace wayleave::testing {

// What the fake upstream does with one request, step by step. Without Close() or Reset() the connection
// stays open for the next request.
class Script {
 public:
  enum class Kind { kSend, kPause, kStall, kClose, kReset };
  struct Step {
    Kind kind;
    std::string text = {};
    std::chrono::milliseconds time{0};
  };

  Script& Send(std::string bytes) { return Add({Kind::kSend, std::move(bytes)}); }
  Script& Pause(std::chrono::milliseconds time) { return Add({Kind::kPause, {}, time}); }
  // Until the peer closes.
  Script& Stall() { return Add({Kind::kStall}); }
  Script& Close() { return Add({Kind::kClose}); }
  Script& Reset() { return Add({Kind::kReset}); }

  // Whole answers.
  static Script Json(int status, const std::string& body, const std::string& more_headers = "");
  // The head of a chunked event stream; go on with Event() and LastChunk().
  static Script Sse(const std::string& more_headers = "");
  Script& Event(const std::string& data) { return Chunk("data: " + data + "\n\n"); }
  Script& Chunk(const std::string& bytes);
  Script& LastChunk() { return Send("0\r\n\r\n"); }

  const std::vector<Step>& steps() const { return steps_; }

 private:
  Script& Add(Step step) {
    steps_.push_back(std::move(step));
    return *this;
  }
  std::vector<Step> steps_;
};

// A scripted HTTP server on a free port of the loopback, in threads of its own. Any thread.
class FakeUpstream {
 public:
  struct Request {
    std::string target;
    std::string head;
    std::string body;
    int connection = 0;  // from 1
  };

  FakeUpstream();
  ~FakeUpstream();

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // The scripts for the next requests, in order; the last one stays.
  FakeUpstream& Then(Script script);
  // For all requests to this target, instead of the scripts in order.
  FakeUpstream& On(const std::string& target, Script script);

  std::vector<Request> requests() const;
  int connections() const;
  // How much of the scripts the kernel has taken.
  std::size_t bytes_sent() const { return bytes_sent_; }
  // Whether, within the time, every connection was closed by the peer or us.
  bool AllClosedWithin(std::chrono::milliseconds time);
  bool RequestsWithin(std::size_t count, std::chrono::milliseconds time);

 private:
  void Accept();
  void Serve(int fd, int number);
  bool ReadRequest(int fd, std::string& buffer, Request& request);
  bool Play(int fd, const Script& script);
  Script ScriptFor(const Request& request);

  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Script> scripts_;
  std::map<std::string, Script> by_target_;
  std::vector<Request> requests_;
  std::set<int> open_;
  int connections_ = 0;
  std::atomic<std::size_t> bytes_sent_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace wayleave::testing
