#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// In whose name something is administered.
struct Caller {
  // For the audit chain: a key's id, or "cli:ada".
  std::string actor;
  // The only tenant that it sees and changes; empty for all.
  std::string tenant;
  bool may_read = false;
  bool may_write_keys = false;
  bool may_write_all = false;
  bool may_read_content = false;

  bool Sees(std::string_view name) const { return tenant.empty() || tenant == name; }
};

// Somebody with access to the machine itself.
Caller Operator(std::string actor);

// What the scopes of a key allow: "admin" everything, "admin:read" looking, "keys" the users and keys of its own tenant.
// A key of another tenant than "default" is confined to it, whatever its scopes.
Caller CallerOf(const v1::Key& key);

}  // namespace wayleave::auth
