#include "auth-service/identity/standing.h"

#include <utility>

namespace wayleave::auth {
namespace {

Error Refused(std::string message, std::string reason = "invalid_api_key") {
  return Error{Code::kUnauthenticated, std::move(message), std::move(reason)};
}

Error Suspended(const Account& account) {
  std::string words = std::string("The ") + account.scope() + " " + account.name() + " is suspended";
  words += account.because.empty() ? "." : ": " + account.because;
  return Error{Code::kPermissionDenied, words + " Whoever runs this gateway can lift it.",
               std::string(account.scope()) + "_suspended"};
}

Error Closed(const Account& account, const OpeningHours& hours) {
  return Error{Code::kPermissionDenied,
               std::string("The ") + account.scope() + " " + account.name() + " may use this gateway at " + hours.Words() +
                   " only.",
               "outside_hours"};
}

}  // namespace

Error MissingKey() {
  return Refused("No API key was sent. Send \"Authorization: Bearer wl_...\"; `wayleave key create` makes a key.",
                 "missing_api_key");
}

Error UnknownKey() {
  return Refused("Incorrect API key. `wayleave key create` makes a new one, `wayleave key list` shows the prefixes of "
                 "those that exist.");
}

Error RefusedFor(Standing standing) {
  return standing == Standing::kRevoked
             ? Refused("This API key was revoked. An operator can make another one with `wayleave key create`.")
             : Refused("This API key has expired. An operator can make another one with `wayleave key create`.");
}

Error UnknownTenant(const std::string& name) {
  return Error{Code::kPermissionDenied,
               "There is no tenant " + name + ". `wayleave tenant create " + name +
                   "` makes it, or an entry of `tenants` in the configuration.",
               "unknown_tenant"};
}

Status MayEnter(const Accounted& accounted, Time now) {
  for (const Account* account : accounted.all()) {
    if (account->suspended) return Suspended(*account);
    for (const OpeningHours& hours : account->hours) {
      if (!hours.OpenAt(now)) return Closed(*account, hours);
    }
  }
  return {};
}

}  // namespace wayleave::auth
