#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wayleave::http {

// Cuts a stream of JSON documents, one a line, into its lines, whatever pieces it comes in. Bytes that make whole
// lines are not copied. Looks at line ends only, not at the JSON.
//
// Belongs to one stream; not thread-safe. Use: Feed() once, then Next() until it returns nothing; the bytes must stay
// where they are until then, and a line is good until the next call.
class NdjsonLines {
 public:
  // A line that grows beyond the limit makes it fail for good: Next() returns nothing any more.
  explicit NdjsonLines(std::size_t max_line_bytes = kDefaultLimit) : limit_(max_line_bytes) {}

  void Feed(std::string_view bytes);
  // The next line without its end (LF or CRLF); lines of nothing but white space are left out.
  std::optional<std::string_view> Next();

  // At the end of the stream: the last line if its end is missing.
  std::optional<std::string_view> Rest();

  bool failed() const { return failed_; }

  static constexpr std::size_t kDefaultLimit = std::size_t{32} << 20;

 private:
  void KeepRest();

  const std::size_t limit_;
  std::string kept_;         // the beginning of a line whose end has not come
  std::string_view in_;      // what is being cut: the caller's bytes, or kept_
  std::size_t scanned_ = 0;  // no line end in in_ before this
  bool in_is_kept_ = false;
  bool failed_ = false;
};

}  // namespace wayleave::http
