#include "auth-service/config_tenants.h"

#include <string>
#include <utility>
#include <vector>

#include "base/crypto/sealed_box.h"

namespace wayleave::auth {
namespace {

using Strings = google::protobuf::RepeatedPtrField<std::string>;

void ReadList(config::Section& section, const char* key, Strings* into) {
  std::vector<std::string> list;
  section.Read(key, list);
  // Whoever writes [] means "nothing", which an empty list here would not say.
  if (list.empty() && section.Has(key)) section.Fail(key, "is empty; leave it out to allow everything");
  for (std::string& text : list) into->Add(std::move(text));
}

void ReadMoney(config::Section& section, const char* hard, const char* soft, v1::Budget& budget) {
  std::int64_t nano_usd = 0;
  if (section.Has(hard)) {
    section.ReadUsd(hard, nano_usd);
    budget.set_hard_nano_usd(nano_usd);
  }
  if (section.Has(soft)) {
    section.ReadUsd(soft, nano_usd);
    budget.set_soft_nano_usd(nano_usd);
  }
}

void ReadBudget(config::Section section, v1::Terms& terms) {
  if (section.Has("daily") || section.Has("soft_daily")) ReadMoney(section, "daily", "soft_daily", *terms.mutable_daily());
  if (section.Has("monthly") || section.Has("soft_monthly")) {
    ReadMoney(section, "monthly", "soft_monthly", *terms.mutable_monthly());
  }
  section.Done();
}

void ReadLimits(config::Section section, v1::Limits& limits) {
  std::int64_t rpm = 0, tpm = 0, concurrent = 0;
  section.Read("rpm", rpm);
  section.Read("tpm", tpm);
  section.Read("concurrent", concurrent);
  limits.set_requests_per_minute(rpm);
  limits.set_tokens_per_minute(tpm);
  limits.set_concurrent_requests(concurrent);
  section.Done();
}

v1::Terms ReadTerms(config::Section& section) {
  v1::Terms terms;
  ReadList(section, "models", terms.mutable_models());
  ReadList(section, "providers", terms.mutable_providers());
  ReadList(section, "regions", terms.mutable_regions());
  ReadList(section, "endpoints", terms.mutable_endpoints());
  ReadList(section, "addresses", terms.mutable_addresses());
  ReadList(section, "hours", terms.mutable_hours());
  ReadList(section, "days", terms.mutable_days());
  section.Read("timezone", *terms.mutable_timezone());
  std::int64_t tokens = 0;
  section.Read("max_output_tokens", tokens);
  terms.set_max_output_tokens(tokens);
  if (section.Has("limits")) ReadLimits(section.Child("limits"), *terms.mutable_limits());
  if (section.Has("budget")) ReadBudget(section.Child("budget"), terms);
  if (const Status checked = CheckTerms(terms); !checked) section.Fail(checked.error().message);
  return terms;
}

void ReadUsers(config::Section section, const std::string& tenant, KeyTable::Configured& into) {
  for (auto& [name, entry] : section.Entries()) {
    v1::User& user = into.users.emplace_back();
    user.set_tenant(tenant);
    user.set_name(name);
    *user.mutable_terms() = ReadTerms(entry);
    entry.Done();
  }
}

void ReadEachUser(config::Section section, v1::Tenant& tenant) {
  *tenant.mutable_user_terms() = ReadTerms(section);
  section.Done();
}

void ReadContentKey(config::Section& entry, v1::Tenant& tenant) {
  entry.Read("content_key", *tenant.mutable_content_key());
  if (tenant.content_key().empty()) return;
  const auto read = crypto::ReadPublicKey(tenant.content_key());
  if (!read) entry.Fail("content_key", read.error().message);
}

}  // namespace

KeyTable::Configured ReadTenants(config::Section section) {
  KeyTable::Configured configured;
  for (auto& [name, entry] : section.Entries()) {
    if (!IsName(name)) section.Fail(name.c_str(), "a tenant's name must be of 1 to 64 letters, digits, and - _ .");
    v1::Tenant& tenant = configured.tenants.emplace_back();
    tenant.set_name(name);
    *tenant.mutable_terms() = ReadTerms(entry);
    if (entry.Has("each_user")) ReadEachUser(entry.Child("each_user"), tenant);
    ReadUsers(entry.Child("users"), name, configured);
    ReadContentKey(entry, tenant);
    entry.Allow({"redact"});
    entry.Done();
  }
  return configured;
}

}  // namespace wayleave::auth
