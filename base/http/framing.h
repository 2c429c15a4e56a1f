#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/http/request.h"

namespace wayleave::http {

// How the body of a request is delimited.
struct Framing {
  bool chunked = false;
  std::uint64_t length = 0;
};

// A request that must be refused, and with which status.
struct Refusal {
  int status = 400;
  std::string message;
};

// Decides how a request's body is delimited, and refuses every ambiguity that request smuggling lives on:
// Content-Length with Transfer-Encoding, several or unclean lengths, an encoding other than chunked,
// chunked in HTTP/1.0, no or several Host headers in HTTP/1.1 (RFC 9112, sections 3.2 and 6). Pure.
std::optional<Refusal> CheckFraming(const HeaderList& headers, bool http11, Framing& framing);

// Whether the raw bytes of a header block hold a line that is folded, ends in a bare LF, or has white space
// before its colon; parsers disagree on those. Pure.
bool HasAmbiguousLines(std::string_view header_block);

}  // namespace wayleave::http
