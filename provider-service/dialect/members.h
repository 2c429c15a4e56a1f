#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace wayleave::provider {

// Where the value of a member of a JSON object stands in its text.
struct MemberPlace {
  std::string name;
  std::size_t offset = 0;
  std::size_t length = 0;

  std::string_view In(std::string_view text) const { return text.substr(offset, length); }
};

// The object's own members of these names, in order; one that stands there twice is found twice, as servers disagree on
// which of them counts. Nothing for a text that is no object; broken JSON ends the search early.
std::vector<MemberPlace> FindMembers(std::string_view object, std::initializer_list<std::string_view> names);

}  // namespace wayleave::provider
