#include "provider-service/dialect/messages/foreign.h"

#include <utility>

#include "provider-service/dialect/hub/door.h"
#include "provider-service/dialect/messages/thinking.h"

namespace wayleave::provider {
namespace {

bool IsForeign(const Json& block) {
  return TextAt(block, "type") == "thinking" && TextAt(block, "signature").starts_with(kForeignMark);
}

// An answer of nothing but such thoughts would be left empty.
void CleanMessage(Json& message) {
  if (!At(message, "content").is_array()) return;
  Json::array_t& blocks = message["content"].get_ref<Json::array_t&>();
  const bool any = std::erase_if(blocks, IsForeign) > 0;
  if (any && blocks.empty()) blocks.push_back({{"type", "text"}, {"text", "(no answer)"}});
}

}  // namespace

std::optional<std::string> WithoutForeignThoughts(std::string_view body, std::string_view model) {
  if (body.find(kForeignMark) == std::string_view::npos) return std::nullopt;
  Result<Json> request = ParsedRequest(body);
  if (!request || !At(*request, "messages").is_array()) return std::nullopt;
  for (Json& message : (*request)["messages"]) CleanMessage(message);
  (*request)["model"] = model;
  return Dumped(*request);
}

}  // namespace wayleave::provider
