#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/redaction/match.h"

namespace wayleave::gateway {

// Appends the key or token of a known vendor at an anchor (see anchors.h), which it names by its form: OpenAI's,
// Anthropic's, our own, GitHub's, GitLab's, Slack's, Stripe's, Google's, Hugging Face's, npm's, identifiers of AWS keys
// and the secret that stands near one, tokens behind "Bearer", and JSON web tokens. Thread-safe.
void FindKeyAt(std::string_view text, std::size_t at, std::uint32_t anchors, Matches& into);

}  // namespace wayleave::gateway
