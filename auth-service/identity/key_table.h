#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth-service/identity/key.h"
#include "auth-service/identity/terms.h"
#include "auth-service/store/store.h"

namespace wayleave::auth {

enum class Standing { kGood, kExpired, kRevoked };

// A tenant, a user or a key as far as it has rights, limits and budgets of its own.
struct Account {
  enum class Kind { kTenant, kUser, kKey };

  Kind kind = Kind::kTenant;
  // The names that lead to it; user and key are empty where they are not concerned.
  std::string tenant, user, key;
  // What pools and windows are called by: "tenant/research".
  std::string id;
  // Limits, budgets and max_output_tokens, where several sources set some the smaller ones.
  v1::Terms terms;
  // What else it may do: all of them count.
  std::vector<v1::Policy> policies;
  std::vector<OpeningHours> hours;
  std::shared_ptr<const Zone> zone;
  bool suspended = false;
  std::string because;

  const std::string& name() const { return kind == Kind::kTenant ? tenant : kind == Kind::kUser ? user : key; }
  const char* scope() const { return kind == Kind::kTenant ? "tenant" : kind == Kind::kUser ? "user" : "key"; }
};

// Those whose terms count for somebody; absent ones are nullptr.
struct Accounted {
  const Account* tenant = nullptr;
  const Account* user = nullptr;
  const Account* key = nullptr;

  std::vector<const Account*> all() const;
};

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

  // Tenants, and users of theirs, that the configuration names.
  struct Configured {
    std::vector<v1::Tenant> tenants;
    std::vector<v1::User> users;
  };

  KeyTable() = default;
  // Stored keys come before those of the environment in all(), as given.
  KeyTable(Accounts stored, const std::vector<StoredKey>& environment, const Configured& configured);
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  // nullptr when there is none. The pointer lives as long as the table.
  const Entry* ByDigest(const crypto::Digest& digest) const;
  const Entry* ById(std::string_view id) const;
  const std::vector<Entry>& all() const { return entries_; }
  const std::map<std::string, Account>& tenants() const { return tenants_; }
  const std::map<std::pair<std::string, std::string>, Account>& users() const { return users_; }
  // As stored, with what is configured beside it; also those that are configured only.
  const std::vector<v1::Tenant>& tenant_records() const { return tenant_records_; }
  const std::vector<v1::User>& user_records() const { return user_records_; }

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
  void AddUsers(std::vector<v1::User> stored, const std::vector<v1::User>& configured);
  Account& TenantAccount(const std::string& name);
  Account& UserAccount(const std::string& tenant, const std::string& name);
  Entry EntryOf(StoredKey stored) const;
  static void SetPolicy(const Accounted& accounted, v1::Principal& principal);

  std::vector<v1::Tenant> tenant_records_;
  std::vector<v1::User> user_records_;
  std::map<std::string, Account> tenants_;
  std::map<std::pair<std::string, std::string>, Account> users_;
  std::vector<Entry> entries_;
  std::unordered_multimap<std::uint64_t, const Entry*> by_digest_;
  std::unordered_map<std::string_view, const Entry*> by_id_;
};

}  // namespace wayleave::auth
