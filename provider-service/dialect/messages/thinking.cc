#include "provider-service/dialect/messages/thinking.h"

#include "base/crypto/encoding.h"

namespace wayleave::provider {
namespace {

// null if it is not what the mark says.
Json Opened(std::string_view sealed, std::string_view mark) {
  if (!sealed.starts_with(mark)) return nullptr;
  const auto text = crypto::FromBase64(sealed.substr(mark.size()));
  Json value = text ? Json::parse(*text, nullptr, false) : Json();
  return value.is_object() ? value : Json();
}

}  // namespace

std::string SealThinking(const Json& block, std::string_view model) {
  return std::string(kThinkingMark) + crypto::Base64(Dumped({{"model", model}, {"block", block}}));
}

std::optional<Json> OpenThinking(std::string_view sealed, std::string_view model) {
  const Json value = Opened(sealed, kThinkingMark);
  const std::string& from = TextAt(value, "model");
  const Json& block = At(value, "block");
  const bool whole = TextAt(block, "type") == "redacted_thinking"
                         ? At(block, "data").is_string()
                         : At(block, "thinking").is_string() && At(block, "signature").is_string();
  if (!whole || (!from.empty() && from != model)) return std::nullopt;
  return block;
}

std::string SignForeign(std::string_view sealed, std::string_view hidden_text) {
  Json value = {{"sealed", sealed}};
  if (!hidden_text.empty()) value["text"] = hidden_text;
  return std::string(kForeignMark) + crypto::Base64(Dumped(value));
}

std::optional<ForeignThought> OpenForeign(std::string_view signature) {
  const Json value = Opened(signature, kForeignMark);
  if (value.is_null()) return std::nullopt;
  return ForeignThought{TextAt(value, "sealed"), TextAt(value, "text")};
}

}  // namespace wayleave::provider
