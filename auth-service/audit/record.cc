#include "auth-service/audit/record.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/text/plain.h"

namespace wayleave::auth::audit {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxText = 256;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
// What a detail may have, tried one after another until all of it fits.
constexpr std::size_t kLimits[] = {kNoLimit, 4096, 1024, 256, 64};
constexpr std::size_t kLeast = 64;
// Of more than these not all would fit, and ordered objects look through all for each.
constexpr std::size_t kMostDetails = 1024;
// So many short ones fit in any case.
constexpr std::size_t kMostPlain = 24;

std::string Cut(const std::string& text, std::size_t limit, bool& cut) {
  if (text.size() <= limit) return text;
  cut = true;
  std::size_t end = limit;
  // Back to the beginning of a character, which has at most four bytes.
  while (end > 0 && limit - end < 4 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string Write(const AuditEvent& event, std::size_t limit, std::size_t most_details) {
  bool cut = false;
  Json details = Json::object();
  for (const auto& [name, value] : event.details) {
    if (details.size() == most_details) {
      cut = true;
      break;
    }
    details[Cut(name, limit, cut)] = Cut(value, limit, cut);
  }
  Json json = {{"v", 1},
               {"at_nanos", event.at_nanos},
               {"kind", Cut(event.kind, kMaxText, cut)},
               {"actor", Cut(event.actor, kMaxText, cut)},
               {"action", Cut(event.action, kMaxText, cut)},
               {"tenant", Cut(event.tenant, kMaxText, cut)},
               {"subject", Cut(event.subject, kMaxText, cut)},
               {"details", std::move(details)}};
  if (cut) json["cut"] = true;
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

bool IsPlain(std::string_view text) { return text.size() <= kMaxText && text::IsPlain(text); }

void Add(std::string& to, std::string_view name, std::string_view value) {
  to.append(",\"").append(name).append("\":\"").append(value).append("\"");
}

// What Write() makes of texts in which nothing has to be escaped or cut, as nearly all are, in a tenth of its time;
// nothing of others.
std::optional<std::string> WritePlain(const AuditEvent& event) {
  const std::pair<std::string_view, std::string_view> members[] = {{"kind", event.kind},
                                                                   {"actor", event.actor},
                                                                   {"action", event.action},
                                                                   {"tenant", event.tenant},
                                                                   {"subject", event.subject}};
  if (event.details.size() > kMostPlain) return std::nullopt;
  std::string body = "{\"v\":1,\"at_nanos\":" + std::to_string(event.at_nanos);
  for (const auto& [name, value] : members) {
    if (!IsPlain(value)) return std::nullopt;
    Add(body, name, value);
  }
  body += ",\"details\":{";
  const std::size_t begin = body.size();
  for (const auto& [name, value] : event.details) {
    if (!IsPlain(name) || !IsPlain(value)) return std::nullopt;
    Add(body, name, value);
  }
  if (body.size() > begin) body.erase(begin, 1);
  return body.append("}}");
}

// As many details as fit when each is cut as short as can be: found by halving, because there may be many.
std::string WriteFirst(const AuditEvent& event) {
  std::size_t fits = 0;
  std::size_t too_many = std::min(event.details.size(), kMostDetails);
  while (too_many - fits > 1) {
    const std::size_t middle = fits + (too_many - fits) / 2;
    (Write(event, kLeast, middle).size() <= kMaxBodyBytes ? fits : too_many) = middle;
  }
  return Write(event, kLeast, fits);
}

// More than could ever fit need not be written out to be found too long.
bool IsHopeless(const AuditEvent& event) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : event.details) bytes += name.size() + value.size();
  return bytes > kMaxBodyBytes;
}

bool ReadText(const Json& json, const char* name, std::string& text) {
  const auto member = json.find(name);
  if (member == json.end() || !member->is_string()) return false;
  text = member->get<std::string>();
  return true;
}

bool ReadDetails(const Json& json, std::map<std::string, std::string>& details) {
  const auto member = json.find("details");
  if (member == json.end()) return true;
  if (!member->is_object()) return false;
  for (const auto& [name, value] : member->items()) {
    details[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return true;
}

Error Bad(const char* what) {
  return Error{Code::kDataLoss, std::string("the body of an audit record is damaged: ") + what};
}

}  // namespace

std::string ToBody(const AuditEvent& event) {
  if (auto plain = WritePlain(event)) return std::move(*plain);
  const bool hopeless = IsHopeless(event);
  for (const std::size_t limit : kLimits) {
    if (hopeless && limit == kNoLimit) continue;
    std::string body = Write(event, limit, kMostDetails);
    if (body.size() <= kMaxBodyBytes) return body;
  }
  return WriteFirst(event);
}

Result<AuditEvent> FromBody(std::string_view body) {
  const Json json = Json::parse(body.begin(), body.end(), nullptr, false);
  if (!json.is_object()) return Bad("it is no JSON object");
  AuditEvent event;
  const auto at = json.find("at_nanos");
  if (at == json.end() || !at->is_number_integer()) return Bad("at_nanos is missing");
  event.at_nanos = at->get<std::int64_t>();
  if (!ReadText(json, "kind", event.kind)) return Bad("kind is missing");
  if (!ReadText(json, "actor", event.actor)) return Bad("actor is missing");
  if (!ReadText(json, "action", event.action)) return Bad("action is missing");
  if (!ReadText(json, "tenant", event.tenant)) return Bad("tenant is missing");
  if (!ReadText(json, "subject", event.subject)) return Bad("subject is missing");
  if (!ReadDetails(json, event.details)) return Bad("details is no object");
  const auto cut = json.find("cut");
  event.cut = cut != json.end() && cut->is_boolean() && cut->get<bool>();
  return event;
}

}  // namespace wayleave::auth::audit
