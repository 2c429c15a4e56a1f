#include "base/crypto/sealed_box.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "base/crypto/digest.h"
#include "base/crypto/encoding.h"
#include "base/crypto/random.h"
#include "base/crypto/seal.h"

namespace wayleave::crypto {
namespace {

constexpr std::string_view kFormat = "wlb1";
constexpr std::string_view kInfo = "wayleave sealed box 1\x01";  // with the counter of HKDF's first and only block
constexpr std::string_view kPublic = "wlpub_";
constexpr std::string_view kPrivate = "wlsec_";
static_assert(kFormat.size() + kBoxKeyBytes + kSealOverhead == kBoxOverhead);

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Free>;

// Wiped when it goes.
struct Secret {
  std::string bytes = std::string(kBoxKeyBytes, '\0');
  Secret() = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string PublicHalf(const EVP_PKEY& key) {
  std::string half(kBoxKeyBytes, '\0');
  std::size_t length = half.size();
  if (EVP_PKEY_get_raw_public_key(&key, Bytes(half), &length) != 1) throw std::runtime_error("no public X25519 key");
  return half;
}

Key Private(std::string_view bytes) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, Bytes(bytes), bytes.size()));
  if (!key) throw std::runtime_error("OpenSSL has no X25519: use a build of it that does");
  return key;
}

// False for a point of low order, which makes the same secret with every key.
bool Agree(EVP_PKEY& own, std::string_view others, Secret& shared) {
  const Key peer(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, Bytes(others), others.size()));
  const Context context(EVP_PKEY_CTX_new(&own, nullptr));
  std::size_t length = kBoxKeyBytes;
  const bool agreed = peer && context && EVP_PKEY_derive_init(context.get()) == 1 &&
                      EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
                      EVP_PKEY_derive(context.get(), Bytes(shared.bytes), &length) == 1 && length == kBoxKeyBytes;
  if (!agreed) ERR_clear_error();  // or the next user of this thread's queue would take it for its own
  return agreed && !ConstantTimeEqual(shared.bytes, std::string(kBoxKeyBytes, '\0'));
}

// HKDF-SHA256 (RFC 5869) for one block.
void Derive(const Secret& shared, std::string_view box_half, std::string_view reader_half, Secret& key) {
  const std::string salt = std::string(box_half) + std::string(reader_half);
  Digest extracted = HmacSha256(salt).Of(shared.bytes);
  Digest block = HmacSha256(AsView(extracted)).Of(kInfo);
  std::copy(block.begin(), block.end(), key.bytes.begin());
  OPENSSL_cleanse(extracted.data(), extracted.size());
  OPENSSL_cleanse(block.data(), block.size());
}

Error NoKey(const char* what) { return Error{Code::kInvalidArgument, what}; }

Error NoPublicKey() {
  return NoKey("must be a public key, wlpub_ and 43 characters, as `wayleave audit keygen` prints it");
}

std::string KeyText(std::string_view prefix, std::string_view bytes) {
  std::string text = Base64(bytes);
  text.erase(text.find_last_not_of('=') + 1);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text.insert(0, prefix);
}

// What does not come out as it went in is another spelling.
std::optional<std::string> KeyOf(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  std::string letters(text.substr(prefix.size()));
  std::replace(letters.begin(), letters.end(), '-', '+');
  std::replace(letters.begin(), letters.end(), '_', '/');
  auto bytes = FromBase64(letters + "=");
  OPENSSL_cleanse(letters.data(), letters.size());
  if (!bytes || bytes->size() != kBoxKeyBytes || KeyText(prefix, *bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace

BoxKeys MakeBoxKeys() {
  BoxKeys keys;
  keys.private_key = RandomBytes(kBoxKeyBytes);
  keys.public_key = PublicHalf(*Private(keys.private_key));
  return keys;
}

Result<std::string> CloseBox(std::string_view public_key, std::string_view plaintext,
                             std::string_view associated_data) {
  if (public_key.size() != kBoxKeyBytes) return NoKey("a public key to seal for has 32 bytes");
  Secret once, shared, key;
  once.bytes = RandomBytes(kBoxKeyBytes);
  const Key own = Private(once.bytes);
  if (!Agree(*own, public_key, shared)) return NoKey("this public key protects nothing: make another one");
  const std::string half = PublicHalf(*own);
  Derive(shared, half, public_key, key);
  return std::string(kFormat) + half + Seal(key.bytes, plaintext, associated_data);
}

std::optional<std::string> OpenBox(std::string_view private_key, std::string_view box,
                                   std::string_view associated_data) {
  if (private_key.size() != kBoxKeyBytes || box.size() < kBoxOverhead || !box.starts_with(kFormat)) return std::nullopt;
  const std::string_view half = box.substr(kFormat.size(), kBoxKeyBytes);
  Secret shared, key;
  const Key own = Private(private_key);
  if (!Agree(*own, half, shared)) return std::nullopt;
  Derive(shared, half, PublicHalf(*own), key);
  return Open(key.bytes, box.substr(kFormat.size() + kBoxKeyBytes), associated_data);
}

std::string PublicKeyText(std::string_view public_key) { return KeyText(kPublic, public_key); }
std::string PrivateKeyText(std::string_view private_key) { return KeyText(kPrivate, private_key); }

Result<std::string> ReadPublicKey(std::string_view text) {
  auto bytes = KeyOf(kPublic, text);
  Secret once, shared;
  once.bytes = RandomBytes(kBoxKeyBytes);
  if (!bytes || !Agree(*Private(once.bytes), *bytes, shared)) return NoPublicKey();
  return std::move(*bytes);
}

Result<std::string> ReadPrivateKey(std::string_view text) {
  auto bytes = KeyOf(kPrivate, text);
  if (bytes) return std::move(*bytes);
  return NoKey("must be a private key, wlsec_ and 43 characters, as `wayleave audit keygen` writes it into its file");
}

}  // namespace wayleave::crypto
