#include "auth-service/admin/caller.h"

#include <algorithm>
#include <utility>

#include "auth-service/identity/key.h"

namespace wayleave::auth {

Caller Operator(std::string actor) { return {std::move(actor), "", true, true, true, true}; }

Caller CallerOf(const v1::Key& key) {
  const auto has = [&](const char* scope) {
    return std::find(key.scopes().begin(), key.scopes().end(), scope) != key.scopes().end();
  };
  Caller caller;
  caller.actor = key.id();
  caller.may_write_all = has("admin");
  caller.may_write_keys = has("admin") || has("keys");
  caller.may_read = caller.may_write_keys || has("admin:read");
  caller.may_read_content = has("admin") || has("admin:read");
  const bool everywhere = key.tenant() == kDefaultTenant && !(has("keys") && !has("admin") && !has("admin:read"));
  if (!everywhere) caller.tenant = key.tenant();
  return caller;
}

}  // namespace wayleave::auth
