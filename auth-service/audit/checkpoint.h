#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth-service/audit/chain.h"
#include "base/crypto/digest.h"
#include "base/crypto/ed25519.h"
#include "base/result.h"

namespace wayleave::auth::audit {

// A signed statement that a chain stood at this link at this time. Who can write the database but has not the
// signing key can't make one, so a history that was rewritten contradicts it.
struct Checkpoint {
  std::string chain;
  std::int64_t sequence = 0;
  crypto::Digest hash{};
  // Nanoseconds since 1970, by the signer's clock.
  std::int64_t at_nanos = 0;
  std::string public_key;
  // Covers everything above, and `pruned`.
  std::string signature;
  // An anchor: the records up to and including `sequence` may be missing, because they were old enough.
  bool pruned = false;

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

Checkpoint SignCheckpoint(const std::string& chain, const Link& link, std::int64_t at_nanos,
                          const crypto::SigningKey& key);

// The checkpoint that retention leaves behind. Store it first and then remove the records, lowest number first, so
// that a removal which is interrupted is no hole.
Checkpoint SignAnchor(const std::string& chain, const Link& last_removed, std::int64_t at_nanos,
                      const crypto::SigningKey& key);

// Whether the checkpoint was signed as it stands by the key that it names. Whether that key is ours to trust is
// another question.
bool HasGoodSignature(const Checkpoint& checkpoint);

// One JSON object without a line break; the hash in hexadecimal, the key and the signature in Base64.
std::string ToJsonLine(const Checkpoint& checkpoint);
// Members that it does not know are ignored. kDataLoss names the line's number and the member at fault.
Result<Checkpoint> FromJsonLine(std::string_view line, std::int64_t line_number);

}  // namespace wayleave::auth::audit
