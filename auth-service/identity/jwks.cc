#include "auth-service/identity/jwks.h"

#include <algorithm>
#include <utility>

#include "auth-service/identity/strict_json.h"

namespace wayleave::auth {
namespace {

using nlohmann::json;

Error Malformed(std::string problem) { return Error{Code::kInvalidArgument, std::move(problem), "malformed"}; }

bool IsForVerifying(const json& jwk) {
  const auto use = jwk.find("use");
  if (use != jwk.end() && *use != "sig") return false;
  const auto operations = jwk.find("key_ops");
  if (operations == jwk.end()) return true;
  return operations->is_array() && std::find(operations->begin(), operations->end(), "verify") != operations->end();
}

// False if the member is there but of no use.
bool ReadAlgorithm(const json& jwk, const Algorithm*& into) {
  const auto name = jwk.find("alg");
  if (name == jwk.end()) return true;
  into = name->is_string() ? FindAlgorithm(name->get_ref<const std::string&>()) : nullptr;
  return into != nullptr;
}

bool ReadKid(const json& jwk, std::optional<std::string>& into) {
  const auto kid = jwk.find("kid");
  if (kid == jwk.end()) return true;
  if (!kid->is_string()) return false;
  into = kid->get<std::string>();
  return true;
}

std::optional<WebKey> ReadKey(const json& jwk) {
  std::optional<std::string> kid;
  const Algorithm* only_for = nullptr;
  if (!jwk.is_object() || !IsForVerifying(jwk) || !ReadKid(jwk, kid) || !ReadAlgorithm(jwk, only_for)) {
    return std::nullopt;
  }
  std::optional<PublicKey> key = PublicKey::FromJwk(jwk);
  if (!key || (only_for && !key->Fits(*only_for))) return std::nullopt;
  return WebKey{std::move(kid), only_for, *std::move(key)};
}

}  // namespace

bool WebKey::Fits(const Algorithm& algorithm) const {
  return (!only_for || only_for == &algorithm) && key.Fits(algorithm);
}

Result<KeySet> KeySet::Parse(std::string_view document) {
  if (document.size() > kMaxJwksBytes) return Malformed("the key set is larger than 256 KiB");
  const auto begin = std::min(document.find_first_not_of(" \t\r\n"), document.size());
  const std::optional<json> object = ParseStrictObject(document.substr(begin));
  if (!object) return Malformed("the key set is not a JSON object, or has a member twice");
  const auto keys = object->find("keys");
  if (keys == object->end() || !keys->is_array()) return Malformed("the key set has no list \"keys\"");
  if (keys->size() > kMaxJwksKeys) return Malformed("the key set has more than 100 keys");
  KeySet set;
  for (const json& jwk : *keys) {
    if (std::optional<WebKey> key = ReadKey(jwk)) {
      set.keys_.push_back(*std::move(key));
    } else {
      ++set.skipped_;
    }
  }
  return set;
}

KeySet::Choice KeySet::Choose(const std::optional<std::string>& kid, const Algorithm& algorithm) const {
  Choice choice;
  for (const WebKey& key : keys_) {
    if (kid && key.kid != kid) continue;
    if (!key.Fits(algorithm)) {
      if (kid && !choice.key) choice.match = Match::kUnfit;
      continue;
    }
    if (choice.key) return Choice{Match::kSeveral, nullptr};
    choice = Choice{Match::kOne, &key};
  }
  return choice;
}

}  // namespace wayleave::auth
