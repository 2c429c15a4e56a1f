#include "base/http/sse.h"

#include <algorithm>
#include <cstring>

namespace wayleave::http {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::size_t FindLineEnd(std::string_view text, std::size_t from) {
  const char* begin = text.data() + from;
  const std::size_t size = text.size() - from;
  if (size == 0) return std::string_view::npos;
  const void* lf = std::memchr(begin, '\n', size);
  const std::size_t before_lf = lf ? static_cast<const char*>(lf) - begin : size;
  if (const void* cr = std::memchr(begin, '\r', before_lf)) return static_cast<const char*>(cr) - text.data();
  return lf ? from + before_lf : std::string_view::npos;
}

// Takes the first line off the text, without its line end.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = FindLineEnd(text, 0);
  const std::string_view line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
  } else {
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return line;
}

}  // namespace

SseParser::SseParser(std::size_t max_block_bytes) : limit_(max_block_bytes) {}

void SseParser::Feed(std::string_view bytes) {
  in_is_kept_ = !kept_.empty();
  if (in_is_kept_) kept_ += bytes;
  in_ = in_is_kept_ ? std::string_view(kept_) : bytes;
}

std::optional<SseBlock> SseParser::Next() {
  if (failed_) return std::nullopt;
  if (at_start_ && in_.size() >= kByteOrderMark.size()) {
    if (in_.starts_with(kByteOrderMark)) in_.remove_prefix(kByteOrderMark.size());
    at_start_ = false;
  }
  if (!at_start_ && FindEnd()) return Take(line_);
  KeepRest();
  return std::nullopt;
}

// Reads lines until an empty one; line_ is then behind it.
bool SseParser::FindEnd() {
  if (after_cr_ && line_ == 0 && in_.starts_with('\n')) line_ = 1;
  if (after_cr_ && !in_.empty()) after_cr_ = false;
  for (;;) {
    const std::size_t end = FindLineEnd(in_, std::max(scanned_, line_));
    if (end == std::string_view::npos) break;
    const bool cr = in_[end] == '\r';
    const bool last = end + 1 == in_.size();
    // A CR that ends the bytes may be half a line end. Behind an empty line it need not wait, where lines end with CR.
    if (cr && last && (crlf_ || end != line_)) {
      scanned_ = end;
      return false;
    }
    const bool crlf = cr && !last && in_[end + 1] == '\n';
    crlf_ = crlf_ || crlf;
    const bool empty = end == line_;
    line_ = end + (crlf ? 2 : 1);
    if (!empty) continue;
    after_cr_ = cr && last;
    return true;
  }
  scanned_ = in_.size();
  return false;
}

std::optional<SseBlock> SseParser::Take(std::size_t end) {
  const std::string_view raw = in_.substr(0, end);
  in_.remove_prefix(end);
  line_ = scanned_ = 0;
  if (raw.size() <= limit_) return Fields(raw);
  failed_ = true;
  return std::nullopt;
}

void SseParser::KeepRest() {
  if (in_.size() > limit_) failed_ = true;
  if (failed_) {
    kept_.clear();
  } else if (in_is_kept_) {
    kept_.erase(0, kept_.size() - in_.size());
  } else {
    kept_.assign(in_);
  }
  in_ = {};
}

std::optional<SseBlock> SseParser::Rest() {
  if (failed_ || kept_.empty()) return std::nullopt;
  at_start_ = false;
  in_ = kept_;
  return Take(in_.size());
}

SseBlock SseParser::Fields(std::string_view raw) {
  SseBlock block;
  block.raw = raw;
  int data_lines = 0;
  while (!raw.empty()) Field(TakeLine(raw), block, data_lines);
  block.has_data = data_lines > 0;
  return block;
}

void SseParser::Field(std::string_view line, SseBlock& block, int& data_lines) {
  const std::size_t colon = line.find(':');
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  const std::string_view name = line.substr(0, colon);
  if (name == "event") block.event = value;
  if (name != "data") return;
  if (++data_lines == 1) {
    block.data = value;
    return;
  }
  if (data_lines == 2) joined_.assign(block.data);
  joined_.append("\n").append(value);
  block.data = joined_;
}

}  // namespace wayleave::http
