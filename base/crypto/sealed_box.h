#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wayleave::crypto {

// Boxes that anybody can close and only one can open: sealed to an X25519 public key, for content that whoever keeps it
// must not read. The idea is that of RFC 9180; the format is our own and small:
//
//     "wlb1"                                   which format
//     32 bytes                                 the public half of a key that was made for this box alone
//     nonce, ciphertext, tag                   as crypto::Seal writes them
//
// The key of the cipher is HKDF-SHA256 of the shared secret; its salt is both public keys, the box's and the reader's.
// The associated data is bound to the box but not in it: who opens must name the same. All functions may be called on
// any thread.

inline constexpr std::size_t kBoxKeyBytes = 32;
// What closing adds.
inline constexpr std::size_t kBoxOverhead = 64;

// A pair of keys, 32 bytes each. Whoever has made one wipes the private half.
struct BoxKeys {
  std::string public_key;
  std::string private_key;
};
BoxKeys MakeBoxKeys();

// Closes a box. kInvalidArgument for a public key that can't be one: of another length, or a point of low order, with
// which everybody would know the secret.
Result<std::string> CloseBox(std::string_view public_key, std::string_view plaintext, std::string_view associated_data);

// Nothing if a bit of the box, the key or the associated data differs; it can't be told which.
std::optional<std::string> OpenBox(std::string_view private_key, std::string_view box,
                                   std::string_view associated_data);

// Keys as people handle them: "wlpub_" or "wlsec_" and base64url, which has exactly one spelling for each. A text that
// is none is kInvalidArgument, with a message that does not repeat it.
std::string PublicKeyText(std::string_view public_key);
std::string PrivateKeyText(std::string_view private_key);
Result<std::string> ReadPublicKey(std::string_view text);
Result<std::string> ReadPrivateKey(std::string_view text);

}  // namespace wayleave::crypto
