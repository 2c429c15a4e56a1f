#include "auth-service/identity/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <array>
#include <utility>

#include "auth-service/identity/base64url.h"

namespace wayleave::auth {
namespace {

using nlohmann::json;

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;  // each token costs its verification
constexpr std::size_t kEd25519Bytes = 32;

struct Free {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;
using Key = std::shared_ptr<EVP_PKEY>;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

struct Curve {
  std::string_view name;
  std::size_t coordinate_bytes;
};
constexpr std::array<Curve, 3> kCurves{{{"P-256", 32}, {"P-384", 48}, {"P-521", 66}}};

const Curve* FindCurve(std::string_view name) {
  for (const Curve& curve : kCurves) {
    if (curve.name == name) return &curve;
  }
  return nullptr;
}

std::string TextOf(const json& jwk, const char* name) {
  const auto found = jwk.find(name);
  return found != jwk.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string BytesOf(const json& jwk, const char* name) {
  return FromBase64Url(TextOf(jwk, name)).value_or(std::string());
}

Owned<BIGNUM> Number(std::string_view bytes) {
  return Owned<BIGNUM>(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

Key FromParams(const char* kind, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  const bool made = params && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) == 1;
  ERR_clear_error();
  return made ? Key(key, EVP_PKEY_free) : nullptr;
}

bool IsOnItsCurve(EVP_PKEY* key) {
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const bool good = context && EVP_PKEY_public_check(context.get()) == 1;
  ERR_clear_error();
  return good;
}

// An even modulus or exponent is no RSA, and with the exponent 1 everybody could sign.
bool IsUsableRsa(const BIGNUM* n, const BIGNUM* e) {
  const int bits = BN_num_bits(n);
  return bits >= kMinRsaBits && bits <= kMaxRsaBits && BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e) &&
         BN_num_bits(e) <= 32;
}

// JWS writes r and s one behind the other, OpenSSL reads them in DER.
std::string DerOf(std::string_view signature) {
  const std::size_t half = signature.size() / 2;
  const Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
  Owned<BIGNUM> r = Number(signature.substr(0, half));
  Owned<BIGNUM> s = Number(signature.substr(half));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

bool SetPadding(EVP_PKEY_CTX* options, const Algorithm& algorithm) {
  if (algorithm.type != KeyType::kRsa) return true;
  if (!algorithm.pss) return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PADDING) == 1;
  return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool VerifyBy(EVP_PKEY* key, const Algorithm& algorithm, std::string_view message, std::string_view signature) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // the context's
  return context &&
         EVP_DigestVerifyInit_ex(context.get(), &options, algorithm.digest, nullptr, nullptr, key, nullptr) == 1 &&
         SetPadding(options, algorithm) &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message), message.size()) == 1;
}

}  // namespace

PublicKey::PublicKey(KeyType type, std::string curve, std::shared_ptr<evp_pkey_st> key)
    : type_(type), curve_(std::move(curve)), key_(std::move(key)) {}

std::optional<PublicKey> PublicKey::FromJwk(const json& jwk) {
  if (jwk.contains("d")) return std::nullopt;
  const std::string type = TextOf(jwk, "kty");
  if (type == "RSA") return Rsa(jwk);
  if (type == "EC") return Ec(jwk);
  if (type == "OKP") return Okp(jwk);
  return std::nullopt;
}

std::optional<PublicKey> PublicKey::Rsa(const json& jwk) {
  const Owned<BIGNUM> n = Number(BytesOf(jwk, "n"));
  const Owned<BIGNUM> e = Number(BytesOf(jwk, "e"));
  if (!n || !e || !IsUsableRsa(n.get(), e.get())) return std::nullopt;
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  Key key = FromParams("RSA", builder.get());
  if (!key) return std::nullopt;
  return PublicKey(KeyType::kRsa, "", std::move(key));
}

std::optional<PublicKey> PublicKey::Ec(const json& jwk) {
  const Curve* curve = FindCurve(TextOf(jwk, "crv"));
  const std::string x = BytesOf(jwk, "x");
  const std::string y = BytesOf(jwk, "y");
  if (!curve || x.size() != curve->coordinate_bytes || y.size() != curve->coordinate_bytes) return std::nullopt;
  const std::string point = '\x04' + x + y;
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->name.data(), curve->name.size());
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  Key key = FromParams("EC", builder.get());
  if (!key || !IsOnItsCurve(key.get())) return std::nullopt;
  return PublicKey(KeyType::kEc, std::string(curve->name), std::move(key));
}

std::optional<PublicKey> PublicKey::Okp(const json& jwk) {
  const std::string x = BytesOf(jwk, "x");
  if (TextOf(jwk, "crv") != "Ed25519" || x.size() != kEd25519Bytes) return std::nullopt;
  Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(x), x.size()), EVP_PKEY_free);
  ERR_clear_error();
  if (!key) return std::nullopt;
  return PublicKey(KeyType::kOkp, "Ed25519", std::move(key));
}

bool PublicKey::Fits(const Algorithm& algorithm) const { return type_ == algorithm.type && curve_ == algorithm.curve; }

bool PublicKey::Verify(const Algorithm& algorithm, std::string_view message, std::string_view signature) const {
  if (!Fits(algorithm)) return false;
  const auto modulus_bytes = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
  const std::size_t size = algorithm.signature_bytes ? algorithm.signature_bytes : modulus_bytes;
  if (signature.size() != size) return false;
  const std::string der = type_ == KeyType::kEc ? DerOf(signature) : std::string();
  const bool good = VerifyBy(key_.get(), algorithm, message, type_ == KeyType::kEc ? der : signature);
  ERR_clear_error();
  return good;
}

}  // namespace wayleave::auth
