#include "auth-service/identity/key_table.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <set>
#include <utility>

namespace wayleave::auth {
namespace {

using google::protobuf::util::MessageDifferencer;

// A keyed digest is evenly spread and not for an attacker to choose, so its first bytes make a good hash.
std::uint64_t Hash(const crypto::Digest& digest) {
  std::uint64_t hash;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return hash;
}

std::shared_ptr<const Zone> Utc() {
  static const std::shared_ptr<const Zone> utc = Zone::Load("UTC");
  return utc;
}

template <class Record>
void Suspend(const Record& record, Account& account) {
  if (!record.has_suspended_at()) return;
  account.suspended = true;
  account.because = record.suspended_because();
}

v1::Terms TermsOf(const v1::Key& key) {
  v1::Terms terms = key.terms();
  *terms.mutable_models() = key.models();
  return terms;
}

// When a key was last used is no change of its rights.
bool Same(const KeyTable::Entry& a, const KeyTable::Entry& b) {
  v1::Key before = a.stored.key, after = b.stored.key;
  before.clear_last_used_at();
  after.clear_last_used_at();
  return a.stored.digest == b.stored.digest && MessageDifferencer::Equals(before, after) &&
         MessageDifferencer::Equals(a.principal, b.principal);
}

}  // namespace

Standing KeyTable::Entry::At(Time now) const {
  if (stored.key.has_revoked_at()) return Standing::kRevoked;
  return now < expires_at ? Standing::kGood : Standing::kExpired;
}

KeyTable::KeyTable(Accounts stored, const std::vector<StoredKey>& environment, const Configured& configured,
                   std::int64_t version)
    : version_(version) {
  AddTenants(std::move(stored.tenants), configured.tenants);
  AddUsers(std::move(stored.users), configured.users);
  AddUsersOf(stored.keys);
  entries_.reserve(stored.keys.size() + environment.size());
  for (StoredKey& key : stored.keys) entries_.push_back(EntryOf(std::move(key)));
  for (const StoredKey& key : environment) entries_.push_back(EntryOf(key));
  for (const Entry& entry : entries_) {
    by_digest_.emplace(Hash(entry.stored.digest), &entry);
    by_id_.emplace(entry.stored.key.id(), &entry);
  }
}

void KeyTable::AddTenants(std::vector<v1::Tenant> stored, const std::vector<v1::Tenant>& configured) {
  tenant_records_ = std::move(stored);
  for (const v1::Tenant& tenant : configured) {
    const auto known = std::find_if(tenant_records_.begin(), tenant_records_.end(),
                                    [&](const v1::Tenant& other) { return other.name() == tenant.name(); });
    v1::Tenant& record = known == tenant_records_.end() ? tenant_records_.emplace_back() : *known;
    record.set_name(tenant.name());
    *record.mutable_configured() = tenant.terms();
    if (tenant.has_user_terms()) *record.mutable_configured_user_terms() = tenant.user_terms();
    if (record.content_key().empty()) record.set_content_key(tenant.content_key());
  }
  std::sort(tenant_records_.begin(), tenant_records_.end(),
            [](const v1::Tenant& a, const v1::Tenant& b) { return a.name() < b.name(); });
  for (const v1::Tenant& tenant : tenant_records_) {
    Account& account = TenantAccount(tenant.name());
    Suspend(tenant, account);
    account.content_key = tenant.content_key();
    AddTerms(tenant.configured(), account);
    AddTerms(tenant.terms(), account);
  }
  // After all of the tenants' own terms, which say their time zones.
  for (const v1::Tenant& tenant : configured) AddEachUser(tenant);
  for (const v1::Tenant& tenant : tenant_records_) AddEachUser(tenant);
}

void KeyTable::AddEachUser(const v1::Tenant& tenant) {
  if (MessageDifferencer::Equals(tenant.user_terms(), v1::Terms())) return;
  Account& account = each_user_[tenant.name()];
  account.kind = Account::Kind::kUser;
  account.tenant = tenant.name();
  if (!account.zone) account.zone = ZoneOf(tenant.name());
  AddTerms(tenant.user_terms(), account);
}

void KeyTable::AddUsers(std::vector<v1::User> stored, const std::vector<v1::User>& configured) {
  user_records_ = std::move(stored);
  for (const v1::User& user : configured) AddTerms(user.terms(), UserAccount(user.tenant(), user.name()));
  for (const v1::User& user : user_records_) {
    Account& account = UserAccount(user.tenant(), user.name());
    Suspend(user, account);
    AddTerms(user.terms(), account);
  }
}

// So that their budgets are listed and told like those of others.
void KeyTable::AddUsersOf(const std::vector<StoredKey>& keys) {
  for (const StoredKey& stored : keys) {
    const v1::Key& key = stored.key;
    if (!key.user().empty() && each_user_.contains(key.tenant())) UserAccount(key.tenant(), key.user());
  }
}

Account& KeyTable::TenantAccount(const std::string& name) {
  Account& account = tenants_[name];
  account.tenant = name;
  account.id = "tenant/" + name;
  if (!account.zone) account.zone = Utc();
  return account;
}

Account& KeyTable::UserAccount(const std::string& tenant, const std::string& name) {
  const auto [place, is_new] = users_.try_emplace({tenant, name});
  if (is_new) place->second = NewUser(tenant, name);
  return place->second;
}

Account KeyTable::NewUser(const std::string& tenant, const std::string& name) const {
  Account account;
  if (const auto each = each_user_.find(tenant); each != each_user_.end()) account = each->second;
  account.kind = Account::Kind::kUser;
  account.tenant = tenant;
  account.user = name;
  account.id = "user/" + tenant + "/" + name;
  if (!account.zone) account.zone = ZoneOf(tenant);
  return account;
}

std::shared_ptr<const Zone> KeyTable::ZoneOf(const std::string& tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? Utc() : found->second.zone;
}

KeyTable::Entry KeyTable::EntryOf(StoredKey stored) const {
  Entry entry;
  const v1::Key& key = stored.key;
  Account& account = entry.account;
  account.kind = Account::Kind::kKey;
  account.tenant = key.tenant();
  account.user = key.user();
  account.key = key.id();
  account.id = "key/" + key.id();
  account.zone = ZoneOf(key.tenant());
  AddTerms(TermsOf(key), account);

  entry.principal.set_tenant(key.tenant());
  entry.principal.set_user(key.user());
  entry.principal.set_key_id(key.id());
  *entry.principal.mutable_roles() = key.roles();
  *entry.principal.mutable_labels() = key.labels();
  if (key.has_expires_at()) {
    *entry.principal.mutable_expires_at() = key.expires_at();
    entry.expires_at = TimeOf(ToNanos(key.expires_at()));
  }
  entry.stored = std::move(stored);
  Accounted accounted = AccountsOf(entry.principal);
  accounted.key = &entry.account;
  SetPolicy(accounted, entry.principal);
  return entry;
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

Accounted KeyTable::AccountsOf(const v1::Principal& principal) const {
  Accounted accounted;
  if (const auto tenant = tenants_.find(principal.tenant()); tenant != tenants_.end()) accounted.tenant = &tenant->second;
  if (!principal.user().empty()) {
    const auto user = users_.find({principal.tenant(), principal.user()});
    if (user != users_.end()) accounted.user = &user->second;
    if (!accounted.user && each_user_.contains(principal.tenant())) {
      accounted.made = std::make_shared<const Account>(NewUser(principal.tenant(), principal.user()));
      accounted.user = accounted.made.get();
    }
  }
  if (const Entry* entry = ById(principal.key_id())) accounted.key = &entry->account;
  return accounted;
}

void KeyTable::Complete(v1::Principal& principal) const { SetPolicy(AccountsOf(principal), principal); }

void KeyTable::SetPolicy(const Accounted& accounted, v1::Principal& principal) {
  v1::Policy& policy = *principal.mutable_policy();
  policy.Clear();
  policy.set_unmetered(true);
  for (const Account* account : accounted.all()) {
    for (const v1::Policy& one : account->policies) *policy.add_further() = one;
    policy.set_max_output_tokens(SmallerLimit(policy.max_output_tokens(), account->terms.max_output_tokens()));
    if (HasLimits(account->terms) || HasBudget(account->terms)) policy.set_unmetered(false);
    if (HasHardBudget(account->terms)) policy.set_priced_only(true);
  }
  if (accounted.tenant) policy.set_content_key(accounted.tenant->content_key);
  // One policy alone needs no second place.
  if (policy.further_size() != 1) return;
  const v1::Policy only = policy.further(0);
  policy.clear_further();
  policy.MergeFrom(only);
}

std::vector<std::string> KeyTable::ChangedIn(const KeyTable& later) const {
  // A tenant stands for all of its users.
  std::set<std::pair<std::string, std::string>> changed;
  const auto compare = [&](const auto& before, const auto& after) {
    for (const auto& [name, account] : before) {
      const auto found = after.find(name);
      if (found == after.end() || !Same(account, found->second)) changed.emplace(account.tenant, account.user);
    }
  };
  compare(tenants_, later.tenants_);
  compare(later.tenants_, tenants_);
  compare(each_user_, later.each_user_);
  compare(later.each_user_, each_user_);
  compare(users_, later.users_);
  compare(later.users_, users_);
  std::vector<std::string> ids;
  for (const Entry& entry : entries_) {
    const v1::Key& key = entry.stored.key;
    const Entry* now = later.ById(key.id());
    const bool concerned = changed.contains({key.tenant(), ""}) || changed.contains({key.tenant(), key.user()});
    if (concerned || !now || !Same(entry, *now)) ids.push_back(key.id());
  }
  std::set<std::string> tenants;
  for (const auto& [tenant, user] : changed) tenants.insert(tenant);
  for (const std::string& tenant : tenants) ids.push_back("tenant:" + tenant);
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
