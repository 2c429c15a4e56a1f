#include "gateway/websocket_request.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <set>

namespace wayleave::gateway {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kSpareBytes = 64;  // behind a body, for SIMD parsers
// Members that the gateway reads itself. Two of one name would leave open which one counts.
constexpr std::array<std::string_view, 8> kRead = {"background",           "generate", "input",     "model",
                                                   "previous_response_id", "stream",   "stream_id", "type"};

Error Bad(std::string message, std::string reason = "invalid_request") {
  return {Code::kInvalidArgument, std::move(message), std::move(reason), {}};
}

// The text of a value, whatever it is. Throws simdjson_error on what is none.
std::string_view Raw(ondemand::value value) {
  const ondemand::json_type type = value.type();
  if (type == ondemand::json_type::object) return value.get_object().value().raw_json();
  if (type == ondemand::json_type::array) return value.get_array().value().raw_json();
  std::string_view token = value.raw_json_token();
  return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

// A key as it stands in the text, quotes included; `first` is its first character.
std::string_view RawKey(const char* first) {
  std::size_t length = 0;
  while (first[length] != '"') length += first[length] == '\\' ? 2 : 1;
  return {first - 1, length + 2};
}

// An array's text without its brackets.
std::string_view Inside(std::string_view array) {
  array.remove_prefix(1);
  array.remove_suffix(1);
  const auto first = array.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view{} : array.substr(first);
}

Status ReadInput(ondemand::value value, ClientEvent& event) {
  event.has_input = true;
  const ondemand::json_type type = value.type();
  if (type == ondemand::json_type::array) {
    event.input = Inside(Raw(value));
  } else if (type == ondemand::json_type::string) {
    event.input.append(R"({"type":"message","role":"user","content":[{"type":"input_text","text":)")
        .append(Raw(value))
        .append("}]}");
  } else {
    return Bad("\"input\" must be a text or an array of items.");
  }
  return {};
}

Status ReadPrevious(ondemand::value value, ClientEvent& event) {
  if (value.is_null()) return {};
  std::string_view id;
  if (value.get_string().get(id) != simdjson::SUCCESS) return Bad("\"previous_response_id\" must be a text or null.");
  event.previous_response_id = id;
  return {};
}

Status ReadType(ondemand::value value, ClientEvent& event) {
  std::string_view type;
  if (value.get_string().get(type) != simdjson::SUCCESS) return Bad("\"type\" must be a text.");
  if (type == "response.create") return {};
  event.kind = ClientEvent::Kind::kNotice;
  if (type == "response.processed") return {};
  return Bad("This gateway understands messages of type \"response.create\" only, not \"" +
                 std::string(type.substr(0, 100)) + "\".",
             "unsupported_event");
}

// A member that is kept: its text joins the others.
void Keep(std::string_view raw_key, ondemand::value value, std::string_view name, ClientEvent& event) {
  const std::string_view raw = Raw(value);
  if (name == "model") event.model = raw;
  AppendItems(event.members, std::string(raw_key).append(":").append(raw));
}

Status ReadMember(std::string_view name, std::string_view raw_key, ondemand::value value, ClientEvent& event) {
  if (name == "type") return ReadType(value, event);
  if (name == "input") return ReadInput(value, event);
  if (name == "previous_response_id") return ReadPrevious(value, event);
  if (name == "stream" || name == "background") return {};
  if (name == "generate") {
    bool flag = true;
    event.generate = value.get_bool().get(flag) != simdjson::SUCCESS || flag;
    return {};
  }
  if (name == "stream_id") {
    return Bad(
        "This gateway answers one question after the other on a connection, without \"stream_id\"; open another "
        "connection for questions at the same time.",
        "invalid_stream_id");
  }
  Keep(raw_key, value, name, event);
  return {};
}

Result<ClientEvent> ReadObject(ondemand::document& document) {
  ClientEvent event;
  std::set<std::string_view> seen;
  ondemand::object object = document.get_object();
  for (auto field : object) {
    const std::string_view raw_key = RawKey(field.key().value().raw());
    const std::string_view name = field.unescaped_key();
    const auto* const known = std::find(kRead.begin(), kRead.end(), name);
    if (known != kRead.end() && !seen.insert(*known).second) {
      return Bad("The message names \"" + std::string(name) + "\" twice.", "invalid_json");
    }
    const Status read = ReadMember(name, raw_key, field.value(), event);
    if (!read.ok()) return read.error();
  }
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS) {
    return Bad("The message holds more than one JSON value.", "invalid_json");
  }
  if (!seen.contains("type")) return Bad("The message has no \"type\"; a question's is \"response.create\".");
  return event;
}

}  // namespace

Result<ClientEvent> ReadClientEvent(std::string& message) {
  thread_local ondemand::parser parser;
  message.reserve(message.size() + kSpareBytes);
  try {
    ondemand::document document = parser.iterate(message.data(), message.size(), message.capacity());
    return ReadObject(document);
  } catch (const simdjson::simdjson_error& error) {
    return Bad(
        std::string("The message is not a JSON object that can be read: ") + simdjson::error_message(error.error()),
        "invalid_json");
  }
}

std::string BodyOf(const ClientEvent& event, std::string_view earlier_items) {
  std::string body;
  body.reserve(event.members.size() + earlier_items.size() + event.input.size() + 2 * kSpareBytes);
  body.append("{").append(event.members);
  if (event.has_input || !earlier_items.empty()) {
    if (!event.members.empty()) body.append(",");
    body.append("\"input\":[").append(earlier_items);
    if (!earlier_items.empty() && !event.input.empty()) body.append(",");
    body.append(event.input).append("]");
  }
  if (body.size() > 1) body.append(",");
  body.append("\"stream\":true}");
  body.reserve(body.size() + kSpareBytes);
  return body;
}

void AppendItems(std::string& to, std::string_view items) {
  if (!to.empty() && !items.empty()) to.append(",");
  to.append(items);
}

}  // namespace wayleave::gateway
