#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth-service/identity/account.h"
#include "auth-service/identity/key.h"
#include "auth-service/store/store.h"

namespace wayleave::auth {

enum class Standing { kGood, kExpired, kRevoked };

// All keys, tenants and users as they were at one moment. Immutable, so any thread may read it.
class KeyTable {
 public:
  struct Entry {
    StoredKey stored;
    v1::Principal principal;
    Time expires_at = Time::max();
    Account account;

    Standing At(Time now) const;
  };

  // Tenants, with terms for each of their users by himself, and users of theirs, that the configuration names.
  struct Configured {
    std::vector<v1::Tenant> tenants;
    std::vector<v1::User> users;
  };

  KeyTable() = default;
  // Stored keys come before those of the environment in all(), as given. `version` is the store's as it was before
  // `stored` was read.
  KeyTable(Accounts stored, const std::vector<StoredKey>& environment, const Configured& configured,
           std::int64_t version = 0);
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  // nullptr when there is none. The pointer lives as long as the table.
  const Entry* ByDigest(const crypto::Digest& digest) const;
  const Entry* ById(std::string_view id) const;
  const std::vector<Entry>& all() const { return entries_; }
  const std::map<std::string, Account>& tenants() const { return tenants_; }
  // Those who were made known, and, where each user of the tenant has terms, those who have keys.
  const std::map<std::pair<std::string, std::string>, Account>& users() const { return users_; }
  // As stored, with what is configured beside it; also those that are configured only.
  const std::vector<v1::Tenant>& tenant_records() const { return tenant_records_; }
  const std::vector<v1::User>& user_records() const { return user_records_; }

  // Grows with each change of who is stored.
  std::int64_t version() const { return version_; }

  // Whether there is a tenant of this name: stored, configured, or the one that there always is.
  bool HasTenant(const std::string& name) const { return name == kDefaultTenant || tenants_.contains(name); }
  Accounted AccountsOf(const v1::Principal& principal) const;
  // Sets the policy of a principal whose names are set.
  void Complete(v1::Principal& principal) const;

  // Ids of this table whose rights are others in `later`: revoked, gone, or edited, or of a tenant or a user who has
  // changed; and "tenant:<name>" for a tenant with changes of its own or of its users.
  std::vector<std::string> ChangedIn(const KeyTable& later) const;
  // Ids of keys that expired after `from`, at `to` or before.
  std::vector<std::string> ExpiredBetween(Time from, Time to) const;

 private:
  void AddTenants(std::vector<v1::Tenant> stored, const std::vector<v1::Tenant>& configured);
  void AddEachUser(const v1::Tenant& tenant);
  void AddUsers(std::vector<v1::User> stored, const std::vector<v1::User>& configured);
  void AddUsersOf(const std::vector<StoredKey>& keys);
  Account& TenantAccount(const std::string& name);
  Account& UserAccount(const std::string& tenant, const std::string& name);
  // Somebody of whom nothing was said by name.
  Account NewUser(const std::string& tenant, const std::string& name) const;
  std::shared_ptr<const Zone> ZoneOf(const std::string& tenant) const;
  Entry EntryOf(StoredKey stored) const;
  static void SetPolicy(const Accounted& accounted, v1::Principal& principal);

  std::int64_t version_ = 0;
  std::vector<v1::Tenant> tenant_records_;
  std::vector<v1::User> user_records_;
  std::map<std::string, Account> tenants_;
  // What each user has by himself, by tenant; only where he has something.
  std::map<std::string, Account> each_user_;
  std::map<std::pair<std::string, std::string>, Account> users_;
  std::vector<Entry> entries_;
  std::unordered_multimap<std::uint64_t, const Entry*> by_digest_;
  std::unordered_map<std::string_view, const Entry*> by_id_;
};

}  // namespace wayleave::auth
