#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wayleave::crypto {

inline constexpr std::size_t kSealKeyBytes = 32;
// What sealing adds: a nonce of 12 bytes in front and a tag of 16 behind.
inline constexpr std::size_t kSealOverhead = 28;

// AES-256-GCM for content at rest: nonce, ciphertext, tag. The associated data is bound to it but not in it: who
// opens must name the same, for example the table and the id of the row, so that sealed values can't be exchanged.
//
// The nonce is random. Seal at most 2^32 messages with one key: then the chance that any two share a nonce, which
// would give both away, stays under one in 2^32. Derive a key for each day or each table before that.
//
// Any thread. A key of another length or a message beyond 1 GiB is a bug of the caller and throws.
std::string Seal(std::string_view key, std::string_view plaintext, std::string_view associated_data);

// Nothing if a bit of it, the key or the associated data differs; it can't be told which.
std::optional<std::string> Open(std::string_view key, std::string_view sealed, std::string_view associated_data);

}  // namespace wayleave::crypto
