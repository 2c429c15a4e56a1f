#include "base/crypto/ed25519.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdexcept>
#include <utility>

#include "base/crypto/secret_file.h"

namespace wayleave::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string PublicHalf(EVP_PKEY* key) {
  std::string half(kPublicKeyBytes, '\0');
  std::size_t length = half.size();
  if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(half.data()), &length) != 1) {
    throw std::runtime_error("OpenSSL gave no public key");
  }
  return half;
}

}  // namespace

void SigningKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

SigningKey::SigningKey(Handle key) : key_(std::move(key)), public_key_(PublicHalf(key_.get())) {}

Result<SigningKey> SigningKey::ReadOrMake(const std::string& path) {
  Result<std::string> seed = ReadOrMakeSecret(path, kSeedBytes);
  if (!seed) return std::move(seed).error();
  Result<SigningKey> key = FromSeed(*seed);
  OPENSSL_cleanse(seed->data(), seed->size());
  return key;
}

Result<SigningKey> SigningKey::FromSeed(std::string_view seed) {
  if (seed.size() != kSeedBytes) return Error{Code::kInvalidArgument, "the seed of a signing key has 32 bytes"};
  Handle key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(seed), seed.size()));
  if (!key) return Error{Code::kInternal, "OpenSSL has no Ed25519: use a build of it that does"};
  return SigningKey(std::move(key));
}

std::string SigningKey::Sign(std::string_view message) const {
  const Context context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  std::size_t length = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, Bytes(message),
                     message.size()) != 1) {
    throw std::runtime_error("Ed25519 failed to sign");
  }
  return signature;
}

bool VerifySignature(std::string_view public_key, std::string_view message, std::string_view signature) {
  if (public_key.size() != kPublicKeyBytes || signature.size() != kSignatureBytes) return false;
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(public_key), public_key.size()), EVP_PKEY_free);
  const Context context(EVP_MD_CTX_new());
  const bool good = key && context &&
                    EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                    EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                                     message.size()) == 1;
  if (!good) ERR_clear_error();  // or the next user of this thread's queue would take it for its own
  return good;
}

}  // namespace wayleave::crypto
