#include "auth-service/key_table.h"

#include <google/protobuf/util/message_differencer.h>

#include <cstring>

namespace wayleave::auth {
namespace {

// A keyed digest is evenly spread and not for an attacker to choose, so its first bytes make a good hash.
std::uint64_t Hash(const crypto::Digest& digest) {
  std::uint64_t hash;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return hash;
}

KeyTable::Entry EntryOf(StoredKey stored) {
  KeyTable::Entry entry;
  const v1::Key& key = stored.key;
  entry.principal.set_tenant(key.tenant());
  entry.principal.set_user(key.user());
  entry.principal.set_key_id(key.id());
  *entry.principal.mutable_roles() = key.roles();
  *entry.principal.mutable_labels() = key.labels();
  *entry.principal.mutable_policy()->mutable_models() = key.models();
  entry.principal.mutable_policy()->set_unmetered(true);  // no tenant has limits or a budget yet
  if (key.has_expires_at()) {
    *entry.principal.mutable_expires_at() = key.expires_at();
    entry.expires_at = TimeOf(ToNanos(key.expires_at()));
  }
  entry.stored = std::move(stored);
  return entry;
}

bool Same(const StoredKey& a, const StoredKey& b) {
  return a.digest == b.digest && google::protobuf::util::MessageDifferencer::Equals(a.key, b.key);
}

}  // namespace

Standing KeyTable::Entry::At(Time now) const {
  if (stored.key.has_revoked_at()) return Standing::kRevoked;
  return now < expires_at ? Standing::kGood : Standing::kExpired;
}

KeyTable::KeyTable(std::vector<StoredKey> stored, const std::vector<StoredKey>& environment) {
  entries_.reserve(stored.size() + environment.size());
  for (StoredKey& key : stored) entries_.push_back(EntryOf(std::move(key)));
  for (const StoredKey& key : environment) entries_.push_back(EntryOf(key));
  for (const Entry& entry : entries_) {
    by_digest_.emplace(Hash(entry.stored.digest), &entry);
    by_id_.emplace(entry.stored.key.id(), &entry);
  }
}

const KeyTable::Entry* KeyTable::ByDigest(const crypto::Digest& digest) const {
  const auto [first, last] = by_digest_.equal_range(Hash(digest));
  for (auto it = first; it != last; ++it) {
    if (crypto::ConstantTimeEqual(crypto::AsView(it->second->stored.digest), crypto::AsView(digest))) return it->second;
  }
  return nullptr;
}

const KeyTable::Entry* KeyTable::ById(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<std::string> KeyTable::ChangedIn(const KeyTable& later) const {
  std::vector<std::string> ids;
  for (const Entry& entry : entries_) {
    const Entry* now = later.ById(entry.stored.key.id());
    if (!now || !Same(entry.stored, now->stored)) ids.push_back(entry.stored.key.id());
  }
  return ids;
}

std::vector<std::string> KeyTable::ExpiredBetween(Time from, Time to) const {
  std::vector<std::string> ids;
  for (const Entry& entry : entries_) {
    if (from < entry.expires_at && entry.expires_at <= to) ids.push_back(entry.stored.key.id());
  }
  return ids;
}

}  // namespace wayleave::auth
