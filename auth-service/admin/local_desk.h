#pragma once

#include <memory>
#include <string>

#include "auth-service/admin/desk.h"
#include "auth-service/config.h"
#include "auth-service/store/sql_store.h"
#include "base/metrics/registry.h"

namespace wayleave::auth {

// The desk of a command on the machine itself: works on the store, whether a server runs beside it or not; one that does
// notices within 200 ms. One thread.
class LocalDesk {
 public:
  static Result<std::unique_ptr<LocalDesk>> Open(const Config& config);

  // Whatever it does is done in the name of the machine's user.
  Desk& desk() { return *desk_; }
  const Caller& caller() const { return caller_; }
  SqlStore& store() { return *store_; }

 private:
  LocalDesk(std::unique_ptr<metrics::Registry> registry, std::unique_ptr<SqlStore> store, const std::string& secret,
            KeyTable::Configured tenants);
  std::shared_ptr<const KeyTable> Table();

  const std::unique_ptr<metrics::Registry> registry_;
  const std::unique_ptr<SqlStore> store_;
  const crypto::HmacSha256 hmac_;
  const KeyTable::Configured tenants_;
  const Caller caller_;
  std::unique_ptr<Desk> desk_;
};

}  // namespace wayleave::auth
