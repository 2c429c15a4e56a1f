#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth-service/identity/algorithm.h"
#include "auth-service/identity/public_key.h"
#include "base/result.h"

namespace wayleave::auth {

// What an issuer publishes is read up to here, and refused beyond.
constexpr std::size_t kMaxJwksBytes = 256 * 1024;
constexpr std::size_t kMaxJwksKeys = 100;

// One key of a set, with what its issuer says about its use.
struct WebKey {
  std::optional<std::string> kid;
  const Algorithm* only_for = nullptr;  // nullptr: whatever fits the key
  PublicKey key;

  bool Fits(const Algorithm& algorithm) const;
};

// The keys of a JWKS document (RFC 7517), in memory: no I/O, nothing that waits. Immutable; any thread.
class KeySet {
 public:
  // kInvalidArgument, for the operator's eyes, if the document is no key set or beyond the bounds. Single keys that
  // can't verify (another use, symmetric, too short, malformed) are passed over and counted; a set may be empty.
  static Result<KeySet> Parse(std::string_view document);

  enum class Match { kOne, kUnknown, kUnfit, kSeveral };
  struct Choice {
    Match match = Match::kUnknown;
    const WebKey* key = nullptr;  // the set's, when kOne
  };
  // The key for a token. With a `kid` only keys of that very kid come into question: kUnknown if there is none, kUnfit
  // if none of them is for the algorithm. Without one the choice must be the only one: kUnknown if there is none.
  Choice Choose(const std::optional<std::string>& kid, const Algorithm& algorithm) const;

  std::size_t size() const { return keys_.size(); }
  std::size_t skipped() const { return skipped_; }

 private:
  std::vector<WebKey> keys_;
  std::size_t skipped_ = 0;
};

}  // namespace wayleave::auth
