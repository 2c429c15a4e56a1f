#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "gateway/redaction/match.h"

namespace wayleave::gateway {

// The e-mail address around the '@' at `at`. Looks at no more than a few hundred bytes. None are addresses of
// repositories (git@host), names of packages with a version (lib@1.2.3), names of images for dense screens (x@2x.png),
// system units (getty@tty1.service) and products of matrices (q@k.transpose()). Thread-safe.
std::optional<Match> EmailAt(std::string_view text, std::size_t at);

// The password of a URL (scheme://user:password@host) whose '@' this is. Thread-safe.
std::optional<Match> UrlPasswordAt(std::string_view text, std::size_t at);

}  // namespace wayleave::gateway
