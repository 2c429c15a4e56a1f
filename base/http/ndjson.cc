#include "base/http/ndjson.h"

namespace wayleave::http {
namespace {

bool IsBlank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

void NdjsonLines::Feed(std::string_view bytes) {
  in_is_kept_ = !kept_.empty();
  if (in_is_kept_) kept_ += bytes;
  in_ = in_is_kept_ ? std::string_view(kept_) : bytes;
}

std::optional<std::string_view> NdjsonLines::Next() {
  while (!failed_) {
    const std::size_t end = in_.find('\n', scanned_);
    if (end == std::string_view::npos) break;
    std::string_view line = in_.substr(0, end);
    in_.remove_prefix(end + 1);
    scanned_ = 0;
    failed_ = line.size() > limit_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!failed_ && !IsBlank(line)) return line;
  }
  KeepRest();
  return std::nullopt;
}

void NdjsonLines::KeepRest() {
  if (in_.size() > limit_) failed_ = true;
  if (failed_) {
    kept_.clear();
  } else if (in_is_kept_) {
    kept_.erase(0, kept_.size() - in_.size());
  } else {
    kept_.assign(in_);
  }
  scanned_ = kept_.size();
  in_ = {};
}

std::optional<std::string_view> NdjsonLines::Rest() {
  if (failed_ || IsBlank(kept_)) return std::nullopt;
  in_ = kept_;
  std::string_view line = in_;
  in_ = {};
  scanned_ = 0;
  return line;
}

}  // namespace wayleave::http
