#include "base/config/difference.h"

#include <algorithm>

namespace wayleave::config {
namespace {

using Kind = Value::Kind;

bool Same(const Value& a, const Value& b) {
  const auto same_item = [](const auto& x, const auto& y) { return Same(*x, *y); };
  const auto same_entry = [](const Value::Entry& x, const Value::Entry& y) {
    return x.key == y.key && Same(*x.value, *y.value);
  };
  return a.kind == b.kind && a.text == b.text &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_item) &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(), same_entry);
}

void Collect(const Value& before, const Value& after, const std::string& path, std::vector<std::string>& out) {
  const auto of = [&path](const std::string& key) { return path.empty() ? key : path + "." + key; };
  for (const Value::Entry& entry : before.entries) {
    const Value::Entry* now = after.Find(entry.key);
    if (now && now->value->kind == Kind::kMapping && entry.value->kind == Kind::kMapping) {
      Collect(*entry.value, *now->value, of(entry.key), out);
    } else if (!now || !Same(*entry.value, *now->value)) {
      out.push_back(of(entry.key));
    }
  }
  for (const Value::Entry& entry : after.entries) {
    if (!before.Find(entry.key)) out.push_back(of(entry.key));
  }
}

}  // namespace

std::vector<std::string> Differences(const Value& before, const Value& after) {
  std::vector<std::string> paths;
  Collect(before, after, "", paths);
  return paths;
}

}  // namespace wayleave::config
