#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth-service/identity/terms.h"
#include "base/time/zone.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

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
  // A tenant's: for whom the content of its requests is sealed and kept; empty: it is not kept.
  std::string content_key;

  const std::string& name() const { return kind == Kind::kTenant ? tenant : kind == Kind::kUser ? user : key; }
  const char* scope() const { return kind == Kind::kTenant ? "tenant" : kind == Kind::kUser ? "user" : "key"; }
};

// Takes terms in beside those that count already; a time zone that they name takes the place of the one before. Terms
// that make no sense allow nothing.
void AddTerms(const v1::Terms& given, Account& account);

// Whether they have the same rights.
bool Same(const Account& a, const Account& b);

// Those whose terms count for somebody; absent ones are nullptr.
struct Accounted {
  const Account* tenant = nullptr;
  const Account* user = nullptr;
  const Account* key = nullptr;
  // The user's, if no table has it: nobody made him known, and he has what each user of his tenant has.
  std::shared_ptr<const Account> made;

  std::vector<const Account*> all() const;
};

}  // namespace wayleave::auth
