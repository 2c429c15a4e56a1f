#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wayleave::bench {

// Just enough HTTP/1.1 for the two ends of a measurement: no allocation per message, no validation beyond
// what keeps them in step. Nothing here is for use on a real network.

enum class Framing { kLength, kChunked, kUntilClose };

// What a message's head says about the bytes that follow it.
struct MessageHead {
  std::string_view first_line;
  Framing framing = Framing::kUntilClose;
  std::uint64_t length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
};

// Reads a head that ends in its blank line. Nothing when the first line makes no sense. Views into `head`.
std::optional<MessageHead> ParseHead(std::string_view head);

// Collects a head that may come in pieces.
class HeadReader {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;

  // Takes the head's bytes out of `in`; true once it is complete.
  bool Take(std::string_view& in);
  const std::string& head() const { return head_; }
  bool too_long() const { return head_.size() > kMaxBytes; }
  void Reset() { head_.clear(); }

 private:
  std::string head_;
};

// Hands out a body piece by piece and knows its end.
class BodyReader {
 public:
  void Start(Framing framing, std::uint64_t length);

  // Takes some bytes out of `in` and returns those of them that are body, maybe none. Call until done() or
  // `in` is empty. The view points into what was given.
  std::string_view Next(std::string_view& in);
  bool done() const { return state_ == State::kDone; }
  bool until_close() const { return state_ == State::kUntilClose; }
  bool broken() const { return line_.size() > HeadReader::kMaxBytes; }

 private:
  enum class State { kLength, kChunkSize, kChunkData, kChunkEnd, kTrailer, kUntilClose, kDone };

  std::string_view TakeData(std::string_view& in);
  void TakeLine(std::string_view& in);
  void OnLine();

  State state_ = State::kDone;
  std::uint64_t remaining_ = 0;
  std::string line_;
};

}  // namespace wayleave::bench
