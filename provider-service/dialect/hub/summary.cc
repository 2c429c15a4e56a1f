#include "provider-service/dialect/hub/summary.h"

#include <simdjson.h>

#include "base/crypto/encoding.h"

namespace wayleave::provider {

std::string SealSummary(std::string_view text) { return std::string(kSummaryMark) + crypto::Base64(text); }

std::optional<std::string> OpenSummary(std::string_view sealed) {
  if (!sealed.starts_with(kSummaryMark)) return std::nullopt;
  auto text = crypto::FromBase64(sealed.substr(kSummaryMark.size()));
  if (!text || !simdjson::validate_utf8(*text)) return std::nullopt;
  return text;
}

}  // namespace wayleave::provider
