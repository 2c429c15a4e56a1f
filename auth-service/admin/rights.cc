#include "auth-service/admin/rights.h"

#include <utility>

namespace wayleave::auth {
namespace {

Error MayNot(const char* what) {
  return Error{Code::kPermissionDenied,
               std::string("This key may not ") + what + ". A key with the scope `admin` may; "
                                                         "`wayleave key create --scope admin` makes one.",
               "missing_scope"};
}

}  // namespace

Status MayRead(const Caller& caller) { return caller.may_read ? Status() : MayNot("look at the administration"); }
Status MayReadContent(const Caller& caller) { return caller.may_read_content ? Status() : MayNot("read content"); }
Status MayWriteKeys(const Caller& caller) { return caller.may_write_keys ? Status() : MayNot("change users and keys"); }
Status MayWriteAll(const Caller& caller) {
  if (!caller.may_write_all) return MayNot("change tenants");
  if (!caller.tenant.empty()) return MayNot("change tenants: it belongs to one");
  return {};
}

Status MayHandle(const v1::Key& key, const Caller& caller) {
  if (key.scopes().empty() || caller.may_write_all) return {};
  return MayNot("make or change keys with scopes");
}

bool MayConcern(const std::string& tenant, const Caller& caller) { return tenant.empty() || caller.Sees(tenant); }

Error Invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }
Error NoTenant() { return Error{Code::kNotFound, "There is no tenant of this name."}; }
Error NoTenantYet(const std::string& name) {
  return Error{Code::kNotFound, "There is no tenant " + name + ". `wayleave tenant create " + name +
                                    "` makes it, or an entry of `tenants` in the configuration."};
}
Error NoKey() { return Error{Code::kNotFound, "There is no key with this id."}; }

std::string Told(const google::protobuf::Message& message) { return message.ShortDebugString(); }

}  // namespace wayleave::auth
