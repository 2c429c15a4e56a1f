#include "base/crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstring>
#include <memory>
#include <stdexcept>

namespace wayleave::crypto {
namespace {

// EVP_sha256() would be looked up in the providers again at every initialisation; a fetched one is not.
const EVP_MD* Algorithm() {
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (!kAlgorithm) throw std::runtime_error("OpenSSL has no SHA-256");
  return kAlgorithm;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

EVP_MD_CTX* Context() {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  return context.get();
}

Digest Hash(std::string_view first, std::string_view second) {
  EVP_MD_CTX* context = Context();
  Digest digest;
  if (EVP_DigestInit_ex2(context, Algorithm(), nullptr) != 1 ||
      EVP_DigestUpdate(context, first.data(), first.size()) != 1 ||
      EVP_DigestUpdate(context, second.data(), second.size()) != 1 ||
      EVP_DigestFinal_ex(context, digest.data(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  return digest;
}

template <std::size_t n>
std::string_view View(const std::array<std::uint8_t, n>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), n};
}

}  // namespace

Digest Sha256(std::string_view message) { return Hash(message, {}); }

HmacSha256::HmacSha256(std::string_view key) {
  std::array<std::uint8_t, kBlock> block{};
  if (key.size() > kBlock) {
    const Digest shortened = Sha256(key);
    std::memcpy(block.data(), shortened.data(), shortened.size());
  } else if (!key.empty()) {
    std::memcpy(block.data(), key.data(), key.size());
  }
  for (std::size_t i = 0; i < kBlock; ++i) {
    inner_[i] = block[i] ^ 0x36;
    outer_[i] = block[i] ^ 0x5c;
  }
  OPENSSL_cleanse(block.data(), block.size());
}

HmacSha256::~HmacSha256() {
  OPENSSL_cleanse(inner_.data(), inner_.size());
  OPENSSL_cleanse(outer_.data(), outer_.size());
}

Digest HmacSha256::Of(std::string_view message) const {
  const Digest inner = Hash(View(inner_), message);
  return Hash(View(outer_), AsView(inner));
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace wayleave::crypto
