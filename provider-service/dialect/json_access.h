#pragma once

// For the .cc files of this folder only: it brings the whole of nlohmann/json.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace wayleave::provider {

using Json = nlohmann::ordered_json;

// The member, or null if there is none or `object` is no object.
inline const Json& At(const Json& object, std::string_view key) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto member = object.find(key);
  return member == object.end() ? kNull : *member;
}

inline const std::string& TextOf(const Json& value) {
  static const std::string kEmpty;
  return value.is_string() ? value.get_ref<const std::string&>() : kEmpty;
}

inline const std::string& TextAt(const Json& object, std::string_view key) { return TextOf(At(object, key)); }

inline std::string Dumped(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

// What found no place in the other dialect: each kind once, and not for ever, as the words are the client's.
class Dropped {
 public:
  void Add(std::string_view what, const Json& object) {
    std::string kind = std::string(what) + ":" + TextAt(object, "type").substr(0, 64);
    if (kinds_.size() < 32 && std::find(kinds_.begin(), kinds_.end(), kind) == kinds_.end()) {
      kinds_.push_back(std::move(kind));
    }
  }
  void AddField(const char* name) { Add("field", {{"type", name}}); }
  std::vector<std::string> Take() { return std::move(kinds_); }

 private:
  std::vector<std::string> kinds_;
};

}  // namespace wayleave::provider
