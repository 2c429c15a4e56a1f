#include "gateway/redaction/json_values.h"

#include <algorithm>
#include <array>

#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

using Type = JsonToken::Type;

constexpr std::array<std::string_view, 24> kSealed = {"call_id",
                                                      "container_id",
                                                      "content_type",
                                                      "encrypted_content",
                                                      "file_id",
                                                      "format",
                                                      "id",
                                                      "item_id",
                                                      "media_type",
                                                      "mime_type",
                                                      "model",
                                                      "object",
                                                      "parent_tool_use_id",
                                                      "previous_response_id",
                                                      "prompt_cache_key",
                                                      "reasoning_effort",
                                                      "request_id",
                                                      "response_id",
                                                      "role",
                                                      "signature",
                                                      "thought_signature",
                                                      "tool_call_id",
                                                      "tool_use_id",
                                                      "type"};

// Objects whose members are the user's or the model's, not the protocol's.
constexpr std::array<std::string_view, 3> kFree = {"input", "arguments", "metadata"};

template <class Names>
bool Has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsBase64(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return Is(c, kBase64 | kKeyChar) || c == '\\'; });
}

}  // namespace

bool HoldsJson(std::string_view name) { return name == "arguments" || name == "partial_json"; }

bool IsFile(std::string_view name, std::string_view inside) {
  constexpr std::string_view kData = "data:", kMark = ";base64,";
  constexpr std::size_t kLongestType = 128, kShortestFile = 128;
  if (inside.starts_with(kData)) {
    const auto mark = inside.substr(0, kLongestType).find(kMark);
    return mark != std::string_view::npos && IsBase64(inside.substr(mark + kMark.size()));
  }
  const bool named = name == "data" || name == "file_data" || name == "b64_json";
  return named && inside.size() >= kShortestFile && !inside.starts_with("sk-") && IsBase64(inside);
}

void JsonValues::Enter(const JsonToken& token) {
  ++depth_;
  if (free_depth_ == 0 && tokens_.At(token) == "{" && Has(kFree, name_)) free_depth_ = depth_;
  name_ = {};
}

bool JsonValues::Next(JsonValue& into) {
  for (;;) {
    const JsonToken token = tokens_.Next();
    switch (token.type) {
      case Type::kName:
        name_ = tokens_.Inside(token);
        break;
      case Type::kOpen:
        Enter(token);
        break;
      case Type::kClose:
        if (depth_ == free_depth_) free_depth_ = 0;
        depth_ -= depth_ > 0;
        name_ = {};
        break;
      case Type::kOther:
        name_ = {};
        break;
      case Type::kString: {
        const bool free = free_depth_ != 0;
        into = {token, name_, !free && Has(kSealed, name_), !free && HoldsJson(name_), free};
        name_ = {};
        return true;
      }
      default:
        broken_ = token.type == Type::kBroken;
        return false;
    }
  }
}

}  // namespace wayleave::gateway
