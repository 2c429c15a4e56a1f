#pragma once

#include <string>

#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// The keys in a state directory, for tools that run beside a server or without one: the file is changed
// directly and a server on it follows within 200 ms. They block; main thread. `state_dir` as in Config.

Result<v1::CreateKeyResponse> CreateKey(const std::string& state_dir, const v1::Key& wanted);
// Newest first; an empty tenant for all.
Result<v1::ListKeysResponse> ListKeys(const std::string& state_dir, const std::string& tenant = {});
Result<v1::RevokeKeyResponse> RevokeKey(const std::string& state_dir, const std::string& id);

}  // namespace wayleave::auth
