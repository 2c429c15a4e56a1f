// Keys: the part of Desk that is about them.
#include <algorithm>
#include <utility>

#include "auth-service/admin/desk.h"
#include "auth-service/admin/rights.h"

namespace wayleave::auth {
namespace {

constexpr int kIdAttempts = 3;
constexpr std::int64_t kDefaultOverlapSeconds = 86'400;
constexpr std::int64_t kMostOverlapSeconds = std::int64_t{3652} * 86'400;

}  // namespace

Result<v1::CreateKeyResponse> Desk::CreateKey(const v1::CreateKeyRequest& request, const Caller& caller) {
  if (Status may = MayWriteKeys(caller); !may) return std::move(may).error();
  if (Status may = MayHandle(request.key(), caller); !may) return std::move(may).error();
  v1::Key wanted = request.key();
  if (!caller.tenant.empty()) {
    if (!wanted.tenant().empty() && wanted.tenant() != caller.tenant) return NoTenant();
    wanted.set_tenant(caller.tenant);
  }
  bool added = false;
  return Add(wanted, caller, Changes::If::kAlways, &added);
}

// Public ids are short enough to meet, once in a lifetime.
Result<v1::CreateKeyResponse> Desk::Add(const v1::Key& wanted, const Caller& caller, Changes::If condition, bool* added) {
  Status done;
  for (int attempt = 0; attempt < kIdAttempts; ++attempt) {
    Result<NewKey> made = MakeKey(wanted, hmac_, clock_());
    if (!made) return std::move(made).error();
    const v1::Key& key = made->stored.key;
    Event event = EventOf(caller, "key.create", key.tenant(), key.id());
    event.details = {{"name", key.name()}, {"user", key.user()}, {"terms", Told(key.terms())}};
    for (const std::string& scope : key.scopes()) event.details["scopes"] += (event.details["scopes"].empty() ? "" : ",") + scope;
    done = CommitIn(key.tenant(), event, [&](Changes& changes) -> Status {
      Result<bool> new_key = changes.AddKey(made->stored, condition);
      if (!new_key) return std::move(new_key).error();
      *added = *new_key;
      return *new_key ? Status() : Error{Code::kFailedPrecondition, "there are keys already"};
    });
    if (!done && done.error().code == Code::kAlreadyExists) continue;
    if (!done) break;
    v1::CreateKeyResponse response;
    *response.mutable_key() = std::move(made->stored.key);
    response.set_secret(std::move(made->secret));
    return response;
  }
  return std::move(done).error();
}

Result<std::optional<v1::CreateKeyResponse>> Desk::CreateFirstKey() {
  v1::Key wanted;
  wanted.set_name("first key");
  bool added = false;
  Result<v1::CreateKeyResponse> made = Add(wanted, Operator("system"), Changes::If::kFirst, &added);
  if (made) return std::optional(std::move(*made));
  if (made.error().code == Code::kFailedPrecondition && !added) return std::optional<v1::CreateKeyResponse>();
  return std::move(made).error();
}

Result<v1::ListKeysResponse> Desk::ListKeys(const v1::ListKeysRequest& request, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  v1::ListKeysResponse response;
  const auto table = table_();
  for (const KeyTable::Entry& entry : table->all()) {
    const v1::Key& key = entry.stored.key;
    const bool asked = request.tenant().empty() || request.tenant() == key.tenant();
    if (asked && caller.Sees(key.tenant())) *response.add_keys() = key;
  }
  return response;
}

Result<v1::RotateKeyResponse> Desk::RotateKey(const v1::RotateKeyRequest& request, const Caller& caller) {
  if (Status may = MayWriteKeys(caller); !may) return std::move(may).error();
  const std::int64_t overlap = request.has_overlap() ? request.overlap().seconds() : kDefaultOverlapSeconds;
  if (overlap < 0 || overlap > kMostOverlapSeconds) return Invalid("`overlap` must lie between 0 and ten years");
  const auto table = table_();
  const KeyTable::Entry* old = table->ById(request.id());
  if (!old || !caller.Sees(old->stored.key.tenant())) return NoKey();
  if (Status may = MayHandle(old->stored.key, caller); !may) return std::move(may).error();
  v1::Key wanted = old->stored.key;
  Result<NewKey> made = MakeKey(wanted, hmac_, clock_());
  if (!made) return std::move(made).error();
  v1::RotateKeyResponse response;
  Event event = EventOf(caller, "key.rotate", wanted.tenant(), request.id());
  event.details = {{"to", made->stored.key.id()}, {"overlap_seconds", std::to_string(overlap)}};
  Status done = Commit(event, [&](Changes& changes) -> Status {
    auto known = changes.FindKey(request.id());
    if (!known) return std::move(known).error();
    if (!*known) return NoKey();
    v1::Key& key = (*known)->key;
    const bool dead = key.has_revoked_at() || !key.rotated_to().empty();
    if (dead) return Error{Code::kFailedPrecondition, "This key was revoked or rotated already; rotate the one that follows it."};
    const std::int64_t end = event.at_nanos + overlap * 1'000'000'000;
    if (!key.has_expires_at() || ToNanos(key.expires_at()) > end) *key.mutable_expires_at() = TimestampOf(end);
    key.set_rotated_to(made->stored.key.id());
    if (Result<bool> added = changes.AddKey(made->stored, Changes::If::kAlways); !added) return std::move(added).error();
    *response.mutable_old() = key;
    return changes.ReplaceKey(key);
  });
  if (!done) return std::move(done).error();
  *response.mutable_key() = std::move(made->stored.key);
  response.set_secret(std::move(made->secret));
  return response;
}

Result<v1::UpdateKeyResponse> Desk::UpdateKey(const v1::UpdateKeyRequest& request, const Caller& caller) {
  if (Status may = MayWriteKeys(caller); !may) return std::move(may).error();
  if (Status checked = CheckTerms(request.terms()); !checked) return std::move(checked).error();
  v1::UpdateKeyResponse response;
  Event event = EventOf(caller, "key.update", "", request.id());
  event.details["terms"] = Told(request.terms());
  Status done = Commit(event, [&](Changes& changes) -> Status {
    auto known = changes.FindKey(request.id());
    if (!known) return std::move(known).error();
    if (!*known || !caller.Sees((*known)->key.tenant())) return NoKey();
    if (Status may = MayHandle((*known)->key, caller); !may) return may;
    v1::Key& key = *response.mutable_key() = std::move((*known)->key);
    event.tenant = key.tenant();
    *key.mutable_models() = request.terms().models();
    *key.mutable_terms() = request.terms();
    key.mutable_terms()->clear_models();
    return changes.ReplaceKey(key);
  });
  if (!done) return std::move(done).error();
  return response;
}

// Keeps the time of an earlier revocation.
Result<v1::RevokeKeyResponse> Desk::RevokeKey(const v1::RevokeKeyRequest& request, const Caller& caller) {
  if (Status may = MayWriteKeys(caller); !may) return std::move(may).error();
  v1::RevokeKeyResponse response;
  v1::Key& key = *response.mutable_key();
  Event event = EventOf(caller, "key.revoke", "", request.id());
  Status done = Commit(event, [&](Changes& changes) -> Status {
    auto known = changes.FindKey(request.id());
    if (!known) return std::move(known).error();
    if (!*known || !caller.Sees((*known)->key.tenant())) return NoKey();
    if (Status may = MayHandle((*known)->key, caller); !may) return may;
    key = std::move((*known)->key);
    event.tenant = key.tenant();
    if (!key.has_revoked_at()) *key.mutable_revoked_at() = TimestampOf(event.at_nanos);
    return changes.ReplaceKey(key);
  });
  if (!done) return std::move(done).error();
  return response;
}

}  // namespace wayleave::auth
