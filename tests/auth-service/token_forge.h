#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth-service/identity/algorithm.h"
#include "base/crypto/encoding.h"

namespace wayleave::auth {

inline std::string Base64Url(std::string_view bytes) {
  std::string text = crypto::Base64(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

// A pair of keys, made by OpenSSL; what an issuer has. Failures of the library throw.
class SigningKey {
 public:
  static SigningKey Rsa(unsigned bits = 2048) { return SigningKey(EVP_RSA_gen(bits)); }
  static SigningKey Ec(const char* curve) { return SigningKey(EVP_EC_gen(curve)); }
  static SigningKey Ed25519() { return SigningKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }
  static SigningKey For(const Algorithm& algorithm) {
    if (algorithm.type == KeyType::kRsa) return Rsa();
    return algorithm.type == KeyType::kEc ? Ec(algorithm.curve.data()) : Ed25519();
  }

  // The public half.
  nlohmann::json Jwk(const std::string& kid) const {
    nlohmann::json jwk = Material();
    if (!kid.empty()) jwk["kid"] = kid;
    return jwk;
  }

  // JWS's signature; the algorithm need not fit the key's curve.
  std::string Sign(const Algorithm& algorithm, std::string_view message) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* options = nullptr;
    Must(EVP_DigestSignInit_ex(context.get(), &options, algorithm.digest, nullptr, nullptr, key_.get(), nullptr));
    if (algorithm.pss) {
      Must(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING));
      Must(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST));
    }
    std::string signature(2048, '\0');
    std::size_t size = signature.size();
    Must(EVP_DigestSign(context.get(), Raw(signature), &size, reinterpret_cast<const unsigned char*>(message.data()),
                        message.size()));
    signature.resize(size);
    return algorithm.type == KeyType::kEc ? Halves(signature, (EVP_PKEY_get_bits(key_.get()) + 7) / 8) : signature;
  }

  std::string Pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    Must(PEM_write_bio_PUBKEY(out.get(), key_.get()));
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
  }

 private:
  explicit SigningKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) { Must(key != nullptr); }

  static void Must(int done) {
    if (done != 1) throw std::runtime_error("OpenSSL failed");
  }
  static unsigned char* Raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

  // A number of the key in base64url, `bytes` long; 0: as short as can be.
  std::string Number(const char* name, int bytes = 0) const {
    BIGNUM* number = nullptr;
    Must(EVP_PKEY_get_bn_param(key_.get(), name, &number));
    std::string text(static_cast<std::size_t>(bytes ? bytes : BN_num_bytes(number)), '\0');
    BN_bn2binpad(number, Raw(text), static_cast<int>(text.size()));
    BN_free(number);
    return Base64Url(text);
  }

  nlohmann::json Material() const {
    if (EVP_PKEY_is_a(key_.get(), "RSA")) {
      return {{"kty", "RSA"}, {"n", Number(OSSL_PKEY_PARAM_RSA_N)}, {"e", Number(OSSL_PKEY_PARAM_RSA_E)}};
    }
    if (EVP_PKEY_is_a(key_.get(), "EC")) {
      const int bits = EVP_PKEY_get_bits(key_.get());
      const int bytes = (bits + 7) / 8;
      return {{"kty", "EC"},
              {"crv", "P-" + std::to_string(bits)},
              {"x", Number(OSSL_PKEY_PARAM_EC_PUB_X, bytes)},
              {"y", Number(OSSL_PKEY_PARAM_EC_PUB_Y, bytes)}};
    }
    std::string x(32, '\0');
    std::size_t size = x.size();
    Must(EVP_PKEY_get_raw_public_key(key_.get(), Raw(x), &size));
    return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", Base64Url(x)}};
  }

  // DER taken apart: r and s, each padded.
  static std::string Halves(const std::string& der, int bytes) {
    auto at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
    std::string halves(static_cast<std::size_t>(2 * bytes), '\0');
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), Raw(halves), bytes);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), Raw(halves) + bytes, bytes);
    return halves;
  }

  std::shared_ptr<EVP_PKEY> key_;
};

// The RSA key of the tests that don't care which: making one takes long.
inline const SigningKey& SharedRsa() {
  static const SigningKey key = SigningKey::Rsa();
  return key;
}

inline std::string JwksOf(const std::vector<nlohmann::json>& keys) { return nlohmann::json{{"keys", keys}}.dump(); }

// A token of these texts, which need not be JSON, signed as `algorithm` says whatever the header says.
inline std::string ForgeText(std::string_view header, std::string_view claims, const SigningKey& key,
                             std::string_view algorithm) {
  const std::string signed_part = Base64Url(header) + "." + Base64Url(claims);
  return signed_part + "." + Base64Url(key.Sign(*FindAlgorithm(algorithm), signed_part));
}

inline std::string Forge(const nlohmann::json& header, const nlohmann::json& claims, const SigningKey& key,
                         std::string_view algorithm) {
  return ForgeText(header.dump(), claims.dump(), key, algorithm);
}

// Signed by HMAC-SHA256 with a secret that an attacker may know.
inline std::string ForgeByHmac(const nlohmann::json& header, const nlohmann::json& claims, const std::string& secret) {
  const std::string signed_part = Base64Url(header.dump()) + "." + Base64Url(claims.dump());
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size(),
       reinterpret_cast<unsigned char*>(mac.data()), &size);
  mac.resize(size);
  return signed_part + "." + Base64Url(mac);
}

}  // namespace wayleave::auth
