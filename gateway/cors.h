#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/http/request.h"

namespace wayleave::gateway {

// Cross-origin rules for browsers (https://fetch.spec.whatwg.org/#http-cors-protocol). Off without origins. Immutable.
class Cors {
 public:
  explicit Cors(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  // Adds to an answer what lets the asking page read it; nothing for an origin that is not configured.
  void Decorate(const http::Request& request, http::HeaderList& headers) const;
  // The answer to a preflight, if `request` is one from a configured origin.
  std::optional<http::Response> Preflight(const http::Request& request) const;

 private:
  bool Allows(std::string_view origin) const;
  const std::vector<std::string> origins_;
};

}  // namespace wayleave::gateway
