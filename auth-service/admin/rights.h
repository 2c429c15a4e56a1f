#pragma once

#include <string>

#include "auth-service/admin/caller.h"
#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// What a caller may do, and the words for what does not go. All functions are pure.

Status MayRead(const Caller& caller);
// A scope for keys alone is not enough.
Status MayReadContent(const Caller& caller);
Status MayWriteKeys(const Caller& caller);
Status MayWriteAll(const Caller& caller);
// Nobody makes or changes a key with more rights than his own.
Status MayHandle(const v1::Key& key, const Caller& caller);

// Whether somebody confined to a tenant means that one; what he means if he names none.
bool MayConcern(const std::string& tenant, const Caller& caller);
template <class Request>
std::string TenantFor(const Request& request, const Caller& caller) {
  return caller.tenant.empty() ? request.tenant() : caller.tenant;
}

Error Invalid(std::string message);
Error NoTenant();
// For somebody who may make it, or ask for it.
Error NoTenantYet(const std::string& name);
Error NoKey();

// For the audit chain: what the terms are from now on, in a form that people can read.
std::string Told(const google::protobuf::Message& message);

}  // namespace wayleave::auth
