#include "auth-service/identity/key.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "auth-service/identity/terms.h"
#include "base/crypto/encoding.h"
#include "base/crypto/random.h"

namespace wayleave::auth {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kPrefixLength = 8;
constexpr std::size_t kMaxText = 256;
constexpr int kMaxItems = 64;

Error Invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

bool TooLong(const std::string& text) { return text.size() > kMaxText; }
bool IsClean(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c); });
}

Status CheckNames(const v1::Key& wanted) {
  static const std::string kForm = " must be of 1 to 64 letters, digits, and - _ .";
  if (!wanted.tenant().empty() && !IsName(wanted.tenant())) return Invalid("a tenant's name" + kForm);
  if (!std::all_of(wanted.roles().begin(), wanted.roles().end(), IsName)) return Invalid("a role's name" + kForm);
  for (const auto& [name, value] : wanted.labels()) {
    if (!IsName(name)) return Invalid("a label's name" + kForm);
    if (TooLong(value) || !IsClean(value)) return Invalid("a label's value has at most 256 bytes and no control characters");
  }
  return {};
}

Status CheckScopes(const v1::Key& wanted) {
  for (const std::string& scope : wanted.scopes()) {
    if (scope != "admin" && scope != "admin:read" && scope != "keys") {
      return Invalid("a key's scopes are of: admin, admin:read, keys");
    }
  }
  return {};
}

Status Check(const v1::Key& wanted, Time now) {
  for (const std::string* text : {&wanted.name(), &wanted.user()}) {
    if (TooLong(*text) || !IsClean(*text)) {
      return Invalid("a key's name and user have at most 256 bytes and no control characters");
    }
  }
  if (Status named = CheckNames(wanted); !named) return named;
  if (wanted.has_expires_at() && TimeOf(ToNanos(wanted.expires_at())) <= now) {
    return Invalid("the key would have expired already");
  }
  const bool many = wanted.roles_size() > kMaxItems || wanted.models_size() > kMaxItems ||
                    static_cast<int>(wanted.labels_size()) > kMaxItems;
  if (many) return Invalid("a key has at most 64 roles, labels and models each");
  if (Status scoped = CheckScopes(wanted); !scoped) return scoped;
  v1::Terms terms = wanted.terms();
  if (terms.models_size() > 0) return Invalid("a key's models stand in `models`, not in its terms");
  *terms.mutable_models() = wanted.models();
  return CheckTerms(terms);
}

}  // namespace

Result<NewKey> MakeKey(const v1::Key& wanted, const crypto::HmacSha256& hmac, Time now) {
  if (Status checked = Check(wanted, now); !checked) return checked.error();
  NewKey made;
  made.secret = "wl_" + crypto::Base62(crypto::RandomBytes(kSecretBytes));
  made.stored.digest = hmac.Of(made.secret);
  v1::Key& key = made.stored.key;
  key = wanted;
  key.set_id("key_" + crypto::Hex(crypto::RandomBytes(4)));
  if (key.tenant().empty()) key.set_tenant(kDefaultTenant);
  key.set_prefix(made.secret.substr(0, kPrefixLength));
  *key.mutable_created_at() = TimestampOf(ToNanos(now));
  key.clear_revoked_at();
  key.clear_last_used_at();
  key.clear_rotated_to();
  return made;
}

StoredKey EnvironmentKey(const std::string& name, std::string_view secret, const crypto::HmacSha256& hmac) {
  StoredKey stored;
  stored.digest = hmac.Of(secret);
  stored.key.set_id("key_" + crypto::Hex(crypto::AsView(stored.digest).substr(0, 4)));
  stored.key.set_name(name);
  stored.key.set_tenant(kDefaultTenant);
  return stored;
}

bool IsSampleKey(std::string_view secret) {
  static constexpr std::size_t kShortest = 16;
  static constexpr std::array<std::string_view, 8> kSamples = {
      "change-me", "changeme", "your-api-key", "your_api_key", "your-proxy-api-key", "example", "replace", "xxxx"};
  std::string lower(secret);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto contains = [&lower](std::string_view sample) { return lower.find(sample) != std::string::npos; };
  return secret.size() < kShortest || std::any_of(kSamples.begin(), kSamples.end(), contains);
}

}  // namespace wayleave::auth
