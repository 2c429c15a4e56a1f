#include "provider-service/dialect/set_members.h"

#include <utility>

namespace wayleave::provider {

Json MemberChanges::Value(std::string_view name) const {
  const auto places = FindMembers(body_, {name});
  if (places.empty()) return nullptr;
  Json value = Json::parse(places.back().In(body_), nullptr, false);
  return value.is_discarded() ? Json() : value;
}

void MemberChanges::Set(std::string_view name, const Json& value, bool add) {
  const auto places = FindMembers(body_, {name});
  for (const MemberPlace& place : places) changes_.replaced.push_back({place.offset, place.length, Dumped(value)});
  if (places.empty() && add) Add(name, value);
}

bool MemberChanges::Limit(std::string_view name, std::int64_t most) {
  const auto places = FindMembers(body_, {name});
  for (const MemberPlace& place : places) {
    const Json value = Json::parse(place.In(body_), nullptr, false);
    const bool smaller = value.is_number() && value.get<double>() <= static_cast<double>(most);
    if (!smaller) changes_.replaced.push_back({place.offset, place.length, std::to_string(most)});
  }
  return !places.empty();
}

void MemberChanges::Add(std::string_view name, const Json& value) {
  changes_.added.append(",").append(Dumped(name)).append(":").append(Dumped(value));
}

}  // namespace wayleave::provider
