#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "auth-service/identity/algorithm.h"

struct evp_pkey_st;

namespace wayleave::auth {

// A public key that signatures of tokens are verified with. Immutable; any thread; copies share the key.
//
// This is OpenSSL's EVP for every algorithm, and not a JOSE library. Debian's is cjose 0.6.2: it knows no Ed25519,
// verifies ES256 with a key on P-384, passes over `crit`, takes signatures in several spellings of base64url and
// objects with a member twice, and reads the header again by a second JSON parser. Each of these needs a check of
// ours before it, after which what it adds is the call of the same OpenSSL.
class PublicKey {
 public:
  // The key that a JWK's kty, crv, n, e, x and y describe. Nothing for kinds and curves that no algorithm of ours
  // uses (oct among them), RSA below 2048 or above 8192 bits, points that are not on their curve, and private keys:
  // one that was published proves nothing.
  static std::optional<PublicKey> FromJwk(const nlohmann::json& jwk);

  bool Fits(const Algorithm& algorithm) const;
  // Whether `signature`, as JWS writes it, is this key's of `message`. False for an algorithm that does not fit.
  bool Verify(const Algorithm& algorithm, std::string_view message, std::string_view signature) const;

 private:
  PublicKey(KeyType type, std::string curve, std::shared_ptr<evp_pkey_st> key);

  static std::optional<PublicKey> Rsa(const nlohmann::json& jwk);
  static std::optional<PublicKey> Ec(const nlohmann::json& jwk);
  static std::optional<PublicKey> Okp(const nlohmann::json& jwk);

  KeyType type_;
  std::string curve_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace wayleave::auth
