#include "gateway/explain_request.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "gateway/doors.h"
#include "gateway/route_facts.h"

namespace wayleave::gateway {
namespace {

using Json = nlohmann::json;
using router::v1::RouteRequest;

constexpr std::size_t kSpareBytes = 64;  // behind what ReadEnvelope reads

Error Bad(std::string message) { return {Code::kInvalidArgument, std::move(message), "invalid_request", {}}; }

Error WrongType(std::string_view name, std::string_view wanted) {
  return Bad("\"" + std::string(name) + "\" must be " + std::string(wanted) + ".");
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

Status ReadText(const Json& value, std::string_view name, std::string* to) {
  if (!value.is_string()) return WrongType(name, "a text");
  *to = value.get<std::string>();
  return {};
}

Result<std::int64_t> ReadCount(const Json& value, std::string_view name) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0) return WrongType(name, "a whole number, 0 or more");
  return value.get<std::int64_t>();
}

Status ReadEndpoint(const Json& value, RouteRequest& facts) {
  std::string known;
  for (const Door& door : Doors()) {
    if (door.endpoint == provider::v1::ENDPOINT_UNSPECIFIED) continue;
    if (value == door.name) {
      facts.set_endpoint(door.endpoint);
      return {};
    }
    known.append(known.empty() ? "" : ", ").append(door.name);
  }
  return WrongType("endpoint", "one of " + known);
}

Status ReadHeaders(const Json& value, RouteRequest& facts) {
  if (!value.is_object()) return WrongType("headers", "an object of names and texts");
  for (const auto& [name, text] : value.items()) {
    if (!text.is_string()) return WrongType("headers." + name, "a text");
    const std::string lower = Lower(name);
    if (MayDecide(lower)) (*facts.mutable_headers())[lower] = text.get<std::string>();
  }
  return {};
}

Status ReadNeeds(const Json& value, RouteRequest& facts) {
  if (!value.is_array()) return WrongType("needs", "a list");
  facts.clear_needs();
  for (const Json& need : value) {
    if (need != "tools" && need != "images" && need != "reasoning")
      return WrongType("needs", "a list of \"tools\", \"images\" and \"reasoning\"");
    if (need == "tools") facts.mutable_needs()->set_tools(true);
    if (need == "images") facts.mutable_needs()->set_images(true);
    if (need == "reasoning") facts.mutable_needs()->set_reasoning(true);
  }
  return {};
}

// protobuf's reader wants the seconds, which people leave out.
Status ReadTime(const Json& value, RouteRequest& facts) {
  constexpr std::size_t kMinutes = std::string_view("2026-01-31T23:59").size();
  std::string text = value.is_string() ? value.get<std::string>() : std::string();
  if (text.size() > kMinutes && text[kMinutes] != ':') text.insert(kMinutes, ":00");
  if (google::protobuf::util::TimeUtil::FromString(text, facts.mutable_at())) return {};
  return WrongType("at", "a time with its offset, for example \"2026-11-20T23:00:00+09:00\"");
}

Status ReadTokens(const Json& value, RouteRequest& facts) {
  const auto count = ReadCount(value, "input_tokens");
  if (!count) return count.error();
  facts.set_input_tokens(*count);
  return {};
}

Status ReadMostTokens(const Json& value, RouteRequest& facts) {
  const auto count = ReadCount(value, "max_output_tokens");
  if (!count) return count.error();
  facts.set_max_output_tokens(*count);
  return {};
}

using Reader = Status (*)(const Json&, RouteRequest&);

const std::map<std::string_view, Reader>& Readers() {
  static const std::map<std::string_view, Reader> readers = {
      {"model", [](const Json& v, RouteRequest& to) { return ReadText(v, "model", to.mutable_model()); }},
      {"session", [](const Json& v, RouteRequest& to) { return ReadText(v, "session", to.mutable_session()); }},
      {"endpoint", ReadEndpoint},
      {"headers", ReadHeaders},
      {"needs", ReadNeeds},
      {"at", ReadTime},
      {"input_tokens", ReadTokens},
      {"max_output_tokens", ReadMostTokens},
  };
  return readers;
}

Error Unknown(const std::string& name) {
  std::string known;
  for (const auto& [field, unused] : Readers()) known.append(field).append(", ");
  return Bad("There is no field \"" + name + "\" here; there are " + known + "request.");
}

Result<RouteRequest> FactsOfRequest(const Json& whole, const auth::v1::Principal& principal) {
  if (!whole.is_object()) return WrongType("request", "an object: the body of a request");
  http::Request request;
  request.body = whole.dump();
  request.body.reserve(request.body.size() + kSpareBytes);
  const Result<Envelope> envelope = ReadEnvelope(request.body);
  if (!envelope) return envelope.error();
  const bool chat = whole.contains("messages");
  return FactsOf({request, *envelope, principal,
                  chat ? provider::v1::ENDPOINT_CHAT_COMPLETIONS : provider::v1::ENDPOINT_RESPONSES});
}

RouteRequest FactsOfNothing(const auth::v1::Principal& principal) {
  const http::Request request;
  const Envelope envelope;
  RouteRequest facts = FactsOf({request, envelope, principal, provider::v1::ENDPOINT_RESPONSES});
  facts.set_input_tokens(0);  // unknown
  return facts;
}

}  // namespace

Result<RouteRequest> ReadExplainBody(const std::string& body, const auth::v1::Principal& principal) {
  const Json question = body.empty() ? Json::object() : Json::parse(body, nullptr, false);
  if (!question.is_object()) return Bad("The body must be a JSON object, for example {\"model\": \"gpt-oss:20b\"}.");
  const bool whole = question.contains("request");
  Result<RouteRequest> facts =
      whole ? FactsOfRequest(question["request"], principal) : Result<RouteRequest>(FactsOfNothing(principal));
  if (!facts) return facts;
  for (const auto& [name, value] : question.items()) {
    if (name == "request") continue;
    const auto reader = Readers().find(name);
    if (reader == Readers().end()) return Unknown(name);
    Status read = reader->second(value, *facts);
    if (!read) return std::move(read).error();
  }
  return facts;
}

}  // namespace wayleave::gateway
