#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wayleave::http {

// One block of an event stream: everything up to and with its blank line.
struct SseBlock {
  // The block as it came, line ends and comments included. All raws of a stream, one after the other, are
  // the stream (but for a byte order mark at its very beginning).
  std::string_view raw;
  // The last `event:` field; empty if there was none.
  std::string_view event;
  // The `data:` lines joined by '\n'.
  std::string_view data;
  // False for blocks of comments, other fields or nothing: browsers and clients don't see those.
  bool has_data = false;
};

// Cuts a stream of server-sent events into blocks, whatever pieces it comes in: lines end with LF, CR or
// CRLF, mixed as the stream likes. Bytes that make whole blocks are not copied.
//
// Belongs to one stream; not thread-safe. Use: Feed() once, then Next() until it returns nothing; the bytes
// must stay where they are until then, and a block is good until the next call.
class SseParser {
 public:
  // A block that grows beyond the limit makes the parser fail for good: Next() returns nothing any more.
  explicit SseParser(std::size_t max_block_bytes = kDefaultLimit);

  void Feed(std::string_view bytes);
  std::optional<SseBlock> Next();

  // At the end of the stream: the last block if its blank line is missing. The standard would throw it away, but
  // servers that forget the blank line mean what they say.
  std::optional<SseBlock> Rest();

  bool failed() const { return failed_; }

  static constexpr std::size_t kDefaultLimit = std::size_t{32} << 20;

 private:
  bool FindEnd();
  std::optional<SseBlock> Take(std::size_t end);
  void KeepRest();
  SseBlock Fields(std::string_view raw);
  void Field(std::string_view line, SseBlock& block, int& data_lines);

  const std::size_t limit_;
  std::string kept_;         // the beginning of a block whose end has not come
  std::string joined_;       // data of several lines
  std::string_view in_;      // what is being cut: the caller's bytes, or kept_
  std::size_t line_ = 0;     // where the line being read begins in in_
  std::size_t scanned_ = 0;  // no line end before this
  bool in_is_kept_ = false;
  bool at_start_ = true;     // a byte order mark may come
  bool after_cr_ = false;    // a block ended with CR: an LF that follows belongs to it
  bool crlf_ = false;        // the stream has used CRLF: an LF follows each CR
  bool failed_ = false;
};

}  // namespace wayleave::http
