#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace wayleave::http {

// Names and values in the order of the wire. A name may come twice.
using ClientHeaders = std::vector<std::pair<std::string, std::string>>;

// The first value of that name (any case), or "".
std::string_view FindHeader(const ClientHeaders& headers, std::string_view name);

struct ResponseHead {
  int status = 0;
  ClientHeaders headers;
};

// Reads one HTTP/1 response out of bytes, without a socket. Interim (1xx) responses are skipped.
// Refuses ambiguous framing and heads, chunk headers or trailers beyond 64 KiB.
// Not thread-safe. After a failure it is good for nothing.
class ResponseReader {
 public:
  ResponseReader();
  ~ResponseReader();

  // Takes all of the bytes and appends what is body, framing removed.
  Status Feed(std::string_view bytes, std::string& body);
  // The connection ended: an error unless that is how this response ends.
  Status FeedEnd();

  bool head_done() const { return head_done_; }
  bool done() const { return done_; }
  // Whether the connection may carry another exchange once this one is done.
  bool reusable() const;
  // Once, when head_done().
  ResponseHead TakeHead() { return std::move(head_); }

 private:
  struct Parser;
  Result<std::size_t> Parse(std::string_view bytes, std::string& body);
  Status OnHead();

  std::unique_ptr<Parser> parser_;
  ResponseHead head_;
  std::string pending_;  // bytes that make no whole head or chunk header yet
  std::size_t head_bytes_ = 0;
  bool head_done_ = false;
  bool done_ = false;
  bool surplus_ = false;
};

}  // namespace wayleave::http
