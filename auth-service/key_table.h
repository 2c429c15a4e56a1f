#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth-service/key.h"

namespace wayleave::auth {

enum class Standing { kGood, kExpired, kRevoked };

// All keys as they were at one moment. Immutable, so any thread may read it.
class KeyTable {
 public:
  struct Entry {
    StoredKey stored;
    v1::Principal principal;
    Time expires_at = Time::max();

    Standing At(Time now) const;
  };

  KeyTable() = default;
  // Stored keys come before those of the environment in all(), as given.
  KeyTable(std::vector<StoredKey> stored, const std::vector<StoredKey>& environment);
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  // nullptr when there is none. The pointer lives as long as the table.
  const Entry* ByDigest(const crypto::Digest& digest) const;
  const Entry* ById(std::string_view id) const;
  const std::vector<Entry>& all() const { return entries_; }

  // Ids of this table whose rights are others in `later`: revoked, gone, or edited.
  std::vector<std::string> ChangedIn(const KeyTable& later) const;
  // Ids of keys that expired after `from`, at `to` or before.
  std::vector<std::string> ExpiredBetween(Time from, Time to) const;

 private:
  std::vector<Entry> entries_;
  std::unordered_multimap<std::uint64_t, const Entry*> by_digest_;
  std::unordered_map<std::string_view, const Entry*> by_id_;
};

}  // namespace wayleave::auth
