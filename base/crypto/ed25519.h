#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;

namespace wayleave::crypto {

inline constexpr std::size_t kSeedBytes = 32;
inline constexpr std::size_t kPublicKeyBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;

// An Ed25519 key pair (RFC 8032). Immutable, so any thread may sign with it; the private half is wiped when it
// is destroyed and never leaves it.
class SigningKey {
 public:
  // The key whose seed is the secret of the file `path`, made now if there is none; see secret_file.h.
  static Result<SigningKey> ReadOrMake(const std::string& path);
  // kInvalidArgument unless the seed has 32 bytes. The caller wipes its own copy.
  static Result<SigningKey> FromSeed(std::string_view seed);

  // 64 bytes, always the same for the same message.
  std::string Sign(std::string_view message) const;
  // 32 bytes, for anybody to know.
  const std::string& PublicKey() const { return public_key_; }

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;

  explicit SigningKey(Handle key);

  Handle key_;
  std::string public_key_;
};

// Whether the holder of the public key's other half signed exactly this message. Any thread. Bytes that are no
// key or no signature are a no.
bool VerifySignature(std::string_view public_key, std::string_view message, std::string_view signature);

}  // namespace wayleave::crypto
