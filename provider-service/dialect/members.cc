#include "provider-service/dialect/members.h"

#include <algorithm>
#include <simdjson.h>

namespace wayleave::provider {
namespace {

std::string_view Trimmed(std::string_view raw) {
  const std::size_t last = raw.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : raw.substr(0, last + 1);
}

// Empty if the value is broken.
std::string_view RawValue(simdjson::ondemand::value value) {
  std::string_view raw = value.raw_json_token();
  simdjson::ondemand::object object;
  simdjson::ondemand::array array;
  simdjson::error_code error = simdjson::SUCCESS;
  if (raw.starts_with('{')) {
    error = value.get_object().get(object);
    if (!error) error = object.raw_json().get(raw);
  } else if (raw.starts_with('[')) {
    error = value.get_array().get(array);
    if (!error) error = array.raw_json().get(raw);
  }
  return error ? std::string_view() : Trimmed(raw);
}

}  // namespace

std::vector<MemberPlace> FindMembers(std::string_view object, std::initializer_list<std::string_view> names) {
  std::vector<MemberPlace> found;
  const simdjson::padded_string padded(object);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object members;
  if (parser.iterate(padded).get(document) || document.get_object().get(members)) return found;
  for (auto member : members) {
    std::string_view name;
    simdjson::ondemand::value value;
    if (member.unescaped_key().get(name) || member.value().get(value)) break;
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    const std::string key(name);
    const std::string_view raw = RawValue(value);
    if (raw.empty()) break;
    found.push_back({key, static_cast<std::size_t>(raw.data() - padded.data()), raw.size()});
  }
  return found;
}

}  // namespace wayleave::provider
