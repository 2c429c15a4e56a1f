#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wayleave::auth {

enum class KeyType { kRsa, kEc, kOkp };

// A way to sign that a token may name. There are asymmetric ones only: `none` and HMAC have no row here, so no
// configuration and no token can ask for them.
struct Algorithm {
  std::string_view name;
  KeyType type;
  std::string_view curve;           // "P-256"; empty for RSA
  const char* digest;               // OpenSSL's name; nullptr where the algorithm brings its own
  bool pss = false;                 // RSA: PSS with a salt as long as the digest, instead of PKCS #1 v1.5
  std::size_t signature_bytes = 0;  // 0: as long as the key's modulus
};

// nullptr for a name that is none of ours; names are compared exactly.
const Algorithm* FindAlgorithm(std::string_view name);

// RS256 … EdDSA, all of them.
std::vector<std::string> AlgorithmNames();

}  // namespace wayleave::auth
