#include "gateway/inference_input.h"

#include <cmath>

#include "base/crypto/encoding.h"

namespace wayleave::gateway {
namespace {

using inference::v1::Image;
using inference::v1::Message;
using inference::v1::Part;

constexpr int kMostLevels = 30;
constexpr double kMostExact = 9007199254740992.0;  // 2^53: whole numbers beyond it may be others

bool ValueToJson(const google::protobuf::Value& from, int levels, Json& to);

bool FieldsToJson(const google::protobuf::Struct& from, int levels, Json& to) {
  to = Json::object();
  if (levels == 0) return false;
  for (const auto& [name, value] : from.fields()) {
    if (!ValueToJson(value, levels - 1, to[name])) return false;
  }
  return true;
}

bool ListToJson(const google::protobuf::ListValue& from, int levels, Json& to) {
  to = Json::array();
  if (levels == 0) return false;
  for (const auto& value : from.values()) {
    if (!ValueToJson(value, levels - 1, to.emplace_back())) return false;
  }
  return true;
}

// All numbers of a Struct are doubles, but servers want "minItems": 1 and not 1.0.
Json NumberToJson(double number) {
  const bool whole = std::floor(number) == number && std::fabs(number) < kMostExact;
  return whole ? Json(static_cast<std::int64_t>(number)) : Json(number);
}

bool ValueToJson(const google::protobuf::Value& from, int levels, Json& to) {
  using google::protobuf::Value;
  switch (from.kind_case()) {
    case Value::kNumberValue:
      to = NumberToJson(from.number_value());
      return true;
    case Value::kStringValue:
      to = from.string_value();
      return true;
    case Value::kBoolValue:
      to = from.bool_value();
      return true;
    case Value::kStructValue:
      return FieldsToJson(from.struct_value(), levels, to);
    case Value::kListValue:
      return ListToJson(from.list_value(), levels, to);
    default:
      to = nullptr;
      return true;
  }
}

const char* RoleName(inference::v1::Role role) {
  switch (role) {
    case inference::v1::ROLE_SYSTEM:
      return "system";
    case inference::v1::ROLE_USER:
      return "user";
    case inference::v1::ROLE_ASSISTANT:
      return "assistant";
    default:
      return nullptr;
  }
}

Result<std::string> UrlOf(const Image& image, const std::string& field) {
  if (image.source_case() == Image::kUrl && !image.url().empty()) return image.url();
  if (image.source_case() != Image::kData || image.data().empty()) return BadField(field, "has neither data nor url");
  if (!image.media_type().starts_with("image/")) {
    return BadField(field + ".media_type", "must say what data is, for example \"image/png\"");
  }
  return "data:" + image.media_type() + ";base64," + crypto::Base64(image.data());
}

// One message of the request becomes one or more items: what is said is gathered, calls and results stand alone.
class MessageWriter {
 public:
  MessageWriter(const Message& message, std::string field, Json& input)
      : message_(message), role_(RoleName(message.role())), field_(std::move(field)), input_(input) {}

  Status Write() {
    if (!role_) return BadField(field_ + ".role", "must be ROLE_SYSTEM, ROLE_USER or ROLE_ASSISTANT");
    if (message_.parts().empty()) return BadField(field_ + ".parts", "is empty");
    for (int i = 0; i < message_.parts_size(); ++i) {
      Status written = Append(message_.parts(i), field_ + ".parts[" + std::to_string(i) + "]");
      if (!written) return written;
    }
    Flush();
    return {};
  }

 private:
  Status Append(const Part& part, const std::string& field) {
    switch (part.content_case()) {
      case Part::kText:
        content_.push_back({{"type", IsAssistant() ? "output_text" : "input_text"}, {"text", part.text()}});
        return {};
      case Part::kImage:
        return AppendImage(part.image(), field + ".image");
      case Part::kToolCall:
        return AppendCall(part.tool_call(), field + ".tool_call");
      case Part::kToolResult:
        return AppendResult(part.tool_result(), field + ".tool_result");
      case Part::kReasoning:
        return AppendReasoning(part.reasoning(), field + ".reasoning");
      default:
        return BadField(field, "is empty: set text, image, tool_call, tool_result or reasoning");
    }
  }

  Status AppendImage(const Image& image, const std::string& field) {
    if (IsAssistant()) return BadField(field, "may not stand in a message of the assistant");
    auto url = UrlOf(image, field);
    if (!url) return std::move(url).error();
    content_.push_back({{"type", "input_image"}, {"detail", "auto"}, {"image_url", std::move(*url)}});
    return {};
  }

  Status AppendCall(const inference::v1::ToolCall& call, const std::string& field) {
    if (!IsAssistant()) return BadField(field, "belongs into a message of the assistant");
    if (call.id().empty()) return BadField(field + ".id", "is empty");
    if (call.name().empty()) return BadField(field + ".name", "is empty");
    Flush();
    input_.push_back({{"type", "function_call"},
                      {"call_id", call.id()},
                      {"name", call.name()},
                      {"arguments", call.arguments().empty() ? "{}" : call.arguments()}});
    return {};
  }

  Status AppendResult(const inference::v1::ToolResult& result, const std::string& field) {
    if (message_.role() != inference::v1::ROLE_USER) return BadField(field, "belongs into a message of the user");
    if (result.id().empty()) return BadField(field + ".id", "is empty: it names the call");
    Flush();
    input_.push_back({{"type", "function_call_output"}, {"call_id", result.id()}, {"output", result.output()}});
    return {};
  }

  // Without the provider's own form, the text; servers that think aloud read that.
  Status AppendReasoning(const inference::v1::Reasoning& reasoning, const std::string& field) {
    if (!IsAssistant()) return BadField(field, "belongs into a message of the assistant");
    Json item = {{"type", "reasoning"}, {"summary", Json::array()}};
    if (reasoning.state().empty()) {
      item["content"] = Json::array({{{"type", "reasoning_text"}, {"text", reasoning.text()}}});
    } else {
      item["encrypted_content"] = reasoning.state();
      if (!reasoning.text().empty()) item["summary"].push_back({{"type", "summary_text"}, {"text", reasoning.text()}});
    }
    Flush();
    input_.push_back(std::move(item));
    return {};
  }

  bool IsAssistant() const { return message_.role() == inference::v1::ROLE_ASSISTANT; }

  void Flush() {
    if (content_.empty()) return;
    input_.push_back({{"type", "message"}, {"role", role_}, {"content", std::exchange(content_, Json::array())}});
  }

  const Message& message_;
  const char* const role_;
  const std::string field_;
  Json& input_;
  Json content_ = Json::array();
};

}  // namespace

Error BadField(const std::string& field, const std::string& problem) {
  return {Code::kInvalidArgument, field + " " + problem + ".", "invalid_request", {}};
}

Status AppendInput(const inference::v1::GenerateRequest& request, Json& input) {
  if (request.messages().empty()) return BadField("messages", "is empty");
  for (int i = 0; i < request.messages_size(); ++i) {
    MessageWriter writer(request.messages(i), "messages[" + std::to_string(i) + "]", input);
    Status written = writer.Write();
    if (!written) return written;
  }
  return {};
}

bool StructToJson(const google::protobuf::Struct& from, Json& to) { return FieldsToJson(from, kMostLevels, to); }

}  // namespace wayleave::gateway
