#pragma once

#include <string>

#include "base/result.h"

namespace wayleave::http {

// The parts of an http or https address that a client needs.
struct Url {
  bool tls = false;
  std::string host;  // IPv6 without brackets
  int port = 0;
  std::string path;  // without a slash at its end; empty for none

  bool operator==(const Url&) const = default;
};

// kInvalidArgument for anything but http[s]://host[:port][/path]: no user, query or fragment.
Result<Url> ParseUrl(const std::string& text);

}  // namespace wayleave::http
