#include "base/crypto/seal.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

#include "base/crypto/random.h"

namespace wayleave::crypto {
namespace {

constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;
constexpr std::size_t kMaxMessage = std::size_t{1} << 30;  // the library counts in int
static_assert(kNonce + kTag == kSealOverhead);

// Fetched once, like the digest: a lookup by name at every message would cost as much as a short message.
const EVP_CIPHER* Algorithm() {
  static const EVP_CIPHER* const kAlgorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  if (!kAlgorithm) throw std::runtime_error("OpenSSL has no AES-256-GCM");
  return kAlgorithm;
}

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
// Made for each message, because it holds the key; freeing wipes it.
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

void Check(std::string_view key, std::string_view message, std::string_view associated_data) {
  if (key.size() != kSealKeyBytes) throw std::invalid_argument("a key to seal with has 32 bytes");
  if (message.size() > kMaxMessage || associated_data.size() > kMaxMessage) {
    throw std::length_error("more than 1 GiB can't be sealed in one message");
  }
}

}  // namespace

std::string Seal(std::string_view key, std::string_view plaintext, std::string_view associated_data) {
  Check(key, plaintext, associated_data);
  std::string sealed = RandomBytes(kNonce);
  sealed.resize(plaintext.size() + kSealOverhead);
  unsigned char* const text = Bytes(sealed) + kNonce;
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  if (!context || EVP_EncryptInit_ex2(context.get(), Algorithm(), Bytes(key), Bytes(sealed), nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &length, Bytes(associated_data),
                        static_cast<int>(associated_data.size())) != 1 ||
      EVP_EncryptUpdate(context.get(), text, &length, Bytes(plaintext), static_cast<int>(plaintext.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), text + plaintext.size(), &length) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTag, text + plaintext.size()) != 1) {
    throw std::runtime_error("AES-256-GCM failed");
  }
  return sealed;
}

std::optional<std::string> Open(std::string_view key, std::string_view sealed, std::string_view associated_data) {
  Check(key, {}, associated_data);
  if (sealed.size() < kSealOverhead || sealed.size() > kMaxMessage + kSealOverhead) return std::nullopt;
  const std::string_view text = sealed.substr(kNonce, sealed.size() - kSealOverhead);
  std::string tag(sealed.substr(sealed.size() - kTag));
  std::string plaintext(text.size(), '\0');
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  if (context && EVP_DecryptInit_ex2(context.get(), Algorithm(), Bytes(key), Bytes(sealed), nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, Bytes(associated_data),
                        static_cast<int>(associated_data.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), Bytes(plaintext), &length, Bytes(text), static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), Bytes(plaintext) + plaintext.size(), &length) == 1) {
    return plaintext;
  }
  ERR_clear_error();
  return std::nullopt;
}

}  // namespace wayleave::crypto
