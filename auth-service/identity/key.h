#pragma once

#include <string>
#include <string_view>

#include "auth-service/time.h"
#include "base/crypto/digest.h"
#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

inline constexpr char kDefaultTenant[] = "default";

// A key as it is kept: everything about it but its secret, of which only a keyed digest remains.
struct StoredKey {
  v1::Key key;
  crypto::Digest digest{};
};

struct NewKey {
  StoredKey stored;
  // "wl_" and 43 letters and digits that hold 32 random bytes. Told to its owner once, kept nowhere.
  std::string secret;
};

// A new key with the name, tenant, owner, roles, labels, models and end of `wanted`; kInvalidArgument if those make no sense.
Result<NewKey> MakeKey(const v1::Key& wanted, const crypto::HmacSha256& hmac, Time now);

// A key whose secret the operator chose and handed in by the environment. It has a stable id, is never stored.
StoredKey EnvironmentKey(const std::string& name, std::string_view secret, const crypto::HmacSha256& hmac);

// Whether the secret is one that stands in documentation or is short enough to be guessed, so that nothing
// that others can reach may rely on it.
bool IsSampleKey(std::string_view secret);

}  // namespace wayleave::auth
