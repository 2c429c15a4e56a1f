#pragma once

#include <memory>
#include <string>

#include "auth-service/config.h"
#include "auth-service/store/sql_store.h"

namespace wayleave::auth {

// The store that the configuration names.
Result<std::unique_ptr<SqlStore>> OpenStore(const Config& config, metrics::Registry& registry);

// What digests of keys are made with: the configuration's secret, or the one in the state directory, made now if there is
// none. "base64:" and the bytes in Base64 stand for bytes that are no text.
Result<std::string> KeySecret(const Config& config);

}  // namespace wayleave::auth
