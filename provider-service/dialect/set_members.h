#pragma once

// For the .cc files of the dialects only.

#include <cstdint>
#include <string_view>
#include <utility>

#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/members.h"
#include "provider-service/dialect/splice.h"

namespace wayleave::provider {

// Gathers what changes among an object's own members.
class MemberChanges {
 public:
  explicit MemberChanges(std::string_view body) : body_(body) {}

  // The value as the last of that name has it; null if there is none.
  Json Value(std::string_view name) const;
  // Replaces the member. One that is not there is added, if it may be.
  void Set(std::string_view name, const Json& value, bool add = true);
  // A number: one that is smaller stays. Whether the member is there.
  bool Limit(std::string_view name, std::int64_t most);
  void Add(std::string_view name, const Json& value);

  BodyChanges Take() { return std::move(changes_); }

 private:
  const std::string_view body_;
  BodyChanges changes_;
};

}  // namespace wayleave::provider
