#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "auth-service/identity/algorithm.h"
#include "base/result.h"

namespace wayleave::auth {

constexpr std::size_t kMaxTokenBytes = 16 * 1024;

// A token taken apart. Nothing in it is to be believed before its signature was verified.
struct Token {
  const Algorithm* algorithm = nullptr;  // never null
  std::optional<std::string> kid;
  nlohmann::json claims;  // an object
  std::string signature;
  std::string_view signed_part;  // of the text that was parsed
};

// Reads JWS's compact form. Refuses what two readers could read in two ways, algorithms that are none of ours, and
// `crit`. Where the header says where a key could be had (jku, jwk, x5u, x5c) is not even looked at.
Result<Token> ParseToken(std::string_view text);

// kUnauthenticated with the reason "invalid_token". The message must hold nothing of the token.
Error InvalidToken(std::string message);

}  // namespace wayleave::auth
