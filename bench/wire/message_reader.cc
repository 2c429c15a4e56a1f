#include "bench/wire/message_reader.h"

#include <strings.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace wayleave::bench {
namespace {

bool IsField(std::string_view line, std::string_view name) {
  return line.size() > name.size() && strncasecmp(line.data(), name.data(), name.size()) == 0;
}

void ReadField(std::string_view line, MessageHead& head) {
  if (IsField(line, "content-length:")) {
    head.framing = Framing::kLength;
    head.length = std::strtoull(line.data() + 15, nullptr, 10);
  } else if (IsField(line, "transfer-encoding:")) {
    head.framing = Framing::kChunked;
  } else if (IsField(line, "connection:")) {
    if (line.find("lose") != line.npos) head.keep_alive = false;
  } else if (IsField(line, "expect:")) {
    head.expects_continue = true;
  }
}

}  // namespace

std::optional<MessageHead> ParseHead(std::string_view head) {
  const std::size_t end = head.find("\r\n");
  if (end == head.npos || end < 12) return std::nullopt;
  MessageHead read;
  read.first_line = head.substr(0, end);
  read.keep_alive = read.first_line.find("HTTP/1.0") == head.npos;
  for (std::size_t at = end + 2; at < head.size();) {
    const std::size_t stop = head.find("\r\n", at);
    if (stop == head.npos || stop == at) break;
    ReadField(head.substr(at, stop - at), read);
    at = stop + 2;
  }
  return read;
}

bool HeadReader::Take(std::string_view& in) {
  const std::size_t had = head_.size();
  head_.append(in);
  const std::size_t end = head_.find("\r\n\r\n", had > 3 ? had - 3 : 0);
  if (end == head_.npos) {
    in = {};
    return false;
  }
  in.remove_prefix(end + 4 - had);
  head_.resize(end + 4);
  return true;
}

void BodyReader::Start(Framing framing, std::uint64_t length) {
  remaining_ = length;
  line_.clear();
  if (framing == Framing::kUntilClose) {
    state_ = State::kUntilClose;
  } else if (framing == Framing::kChunked) {
    state_ = State::kChunkSize;
  } else {
    state_ = length == 0 ? State::kDone : State::kLength;
  }
}

std::string_view BodyReader::Next(std::string_view& in) {
  if (state_ == State::kUntilClose) return std::exchange(in, {});
  if (state_ == State::kLength || state_ == State::kChunkData) return TakeData(in);
  if (state_ != State::kDone) TakeLine(in);
  return {};
}

std::string_view BodyReader::TakeData(std::string_view& in) {
  const std::string_view piece = in.substr(0, std::min<std::uint64_t>(remaining_, in.size()));
  in.remove_prefix(piece.size());
  remaining_ -= piece.size();
  if (remaining_ == 0) state_ = state_ == State::kLength ? State::kDone : State::kChunkEnd;
  return piece;
}

void BodyReader::TakeLine(std::string_view& in) {
  const std::size_t end = in.find('\n');
  line_.append(in.substr(0, end));
  if (end == in.npos) {
    in = {};
    return;
  }
  in.remove_prefix(end + 1);
  OnLine();
  line_.clear();
}

void BodyReader::OnLine() {
  if (state_ == State::kChunkSize) {
    remaining_ = std::strtoull(line_.c_str(), nullptr, 16);
    state_ = remaining_ ? State::kChunkData : State::kTrailer;
  } else if (state_ == State::kChunkEnd) {
    state_ = State::kChunkSize;
  } else if (line_.empty() || line_ == "\r") {
    state_ = State::kDone;
  }
}

}  // namespace wayleave::bench
