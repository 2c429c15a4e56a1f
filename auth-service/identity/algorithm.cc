#include "auth-service/identity/algorithm.h"

#include <algorithm>
#include <array>

namespace wayleave::auth {
namespace {

constexpr std::array<Algorithm, 10> kAlgorithms{{
    {"RS256", KeyType::kRsa, "", "SHA256"},
    {"RS384", KeyType::kRsa, "", "SHA384"},
    {"RS512", KeyType::kRsa, "", "SHA512"},
    {"PS256", KeyType::kRsa, "", "SHA256", true},
    {"PS384", KeyType::kRsa, "", "SHA384", true},
    {"PS512", KeyType::kRsa, "", "SHA512", true},
    {"ES256", KeyType::kEc, "P-256", "SHA256", false, 64},
    {"ES384", KeyType::kEc, "P-384", "SHA384", false, 96},
    {"ES512", KeyType::kEc, "P-521", "SHA512", false, 132},
    {"EdDSA", KeyType::kOkp, "Ed25519", nullptr, false, 64},
}};

}  // namespace

const Algorithm* FindAlgorithm(std::string_view name) {
  const auto found = std::find_if(kAlgorithms.begin(), kAlgorithms.end(),
                                  [&](const Algorithm& algorithm) { return algorithm.name == name; });
  return found == kAlgorithms.end() ? nullptr : &*found;
}

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names;
  for (const Algorithm& algorithm : kAlgorithms) names.emplace_back(algorithm.name);
  return names;
}

}  // namespace wayleave::auth
