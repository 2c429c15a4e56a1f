#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "router-service/config.h"
#include "router-service/glob.h"

namespace wayleave::router {

// Which of two patterns says more: the longer literal prefix, then the longer pattern; equals keep their order.
inline bool SaysMore(const std::string& a, const std::string& b) {
  const std::size_t left = LiteralPrefix(a), right = LiteralPrefix(b);
  return left != right ? left > right : a.size() > b.size();
}

// Entries that are written for targets, of which the models may be globs: finds the one that says most about a target.
// Points at the entries, which must outlive it. Immutable once built.
template <class Entry>
class TargetIndex {
 public:
  TargetIndex() = default;
  explicit TargetIndex(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      Provider& provider = providers_[entry.target.provider];
      if (IsGlob(entry.target.model)) {
        provider.globs.push_back(&entry);
      } else {
        provider.exact.emplace(entry.target.model, &entry);
      }
    }
    for (auto& [name, provider] : providers_) {
      std::stable_sort(provider.globs.begin(), provider.globs.end(), [](const Entry* a, const Entry* b) {
        return SaysMore(a->target.model, b->target.model);
      });
    }
  }

  // nullptr if none fits.
  const Entry* Find(const std::string& provider, const std::string& model) const {
    const auto at = providers_.find(provider);
    if (at == providers_.end()) return nullptr;
    const auto exact = at->second.exact.find(model);
    if (exact != at->second.exact.end()) return exact->second;
    for (const Entry* entry : at->second.globs) {
      if (GlobMatches(entry->target.model, model)) return entry;
    }
    return nullptr;
  }

 private:
  struct Provider {
    std::unordered_map<std::string, const Entry*> exact;
    std::vector<const Entry*> globs;
  };
  std::unordered_map<std::string, Provider> providers_;
};

}  // namespace wayleave::router
