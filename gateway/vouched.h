#pragma once

#include <functional>

#include "base/async/task.h"
#include "base/result.h"
#include "base/rpc/context.h"
#include "gateway/cache_lookups.h"
#include "gateway/principal_cache.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {

// Who somebody is, as auth-service vouches for it: from the cache, or asked. An answer that was judged by older rights
// than somebody has told of is not taken; the next replica is asked, which may have seen the change.
//
// Any worker. It must outlive its calls.
class Vouched {
 public:
  using Ask = std::function<Task<Result<auth::v1::AuthenticateResponse>>(const auth::v1::AuthenticateRequest&,
                                                                         const rpc::CallContext&)>;

  // Each call of `ask` may reach another replica. `lookups` may be null; otherwise it outlives this.
  explicit Vouched(Ask ask, CacheLookups* lookups = nullptr) : ask_(std::move(ask)), lookups_(lookups) {}

  // kUnavailable if only replicas answer that have not seen the latest change.
  Task<Result<auth::v1::AuthenticateResponse>> Authenticate(const auth::v1::AuthenticateRequest& request,
                                                            const rpc::CallContext& context);
  PrincipalCache& cache() { return cache_; }

 private:
  const Ask ask_;
  CacheLookups* const lookups_;
  PrincipalCache cache_;
};

}  // namespace wayleave::gateway
