#include "auth-service/identity/strict_json.h"

#include <set>
#include <string>
#include <vector>

namespace wayleave::auth {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxLevels = 16;

// Looks over the parser's shoulder.
class Strictness {
 public:
  bool ok() const { return ok_; }

  void See(json::parse_event_t event, const json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        names_.emplace_back();
        if (names_.size() > kMaxLevels) ok_ = false;
        break;
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        names_.pop_back();
        break;
      case json::parse_event_t::key:
        if (!names_.back().insert(parsed.get<std::string>()).second) ok_ = false;
        break;
      case json::parse_event_t::value:
        break;
    }
  }

 private:
  std::vector<std::set<std::string>> names_;  // of the members so far, at each level
  bool ok_ = true;
};

}  // namespace

std::optional<json> ParseStrictObject(std::string_view text) {
  if (!text.starts_with('{')) return std::nullopt;
  Strictness strictness;
  const auto see = [&](int, json::parse_event_t event, json& parsed) {
    strictness.See(event, parsed);
    return true;
  };
  json object = json::parse(text.begin(), text.end(), see, false);
  if (!object.is_object() || !strictness.ok()) return std::nullopt;
  return object;
}

}  // namespace wayleave::auth
