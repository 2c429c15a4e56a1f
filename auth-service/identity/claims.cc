#include "auth-service/identity/claims.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "auth-service/identity/token.h"

namespace wayleave::auth {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxUserBytes = 256;
constexpr std::size_t kMaxRoles = 64;
constexpr double kMostSeconds = 9'000'000'000;  // in the year 2255; nanoseconds in 64 bits end soon after

const json* Find(const json& object, std::string_view path) {
  if (!object.is_object()) return nullptr;
  if (const auto whole = object.find(std::string(path)); whole != object.end()) return &*whole;
  const auto dot = path.find('.');
  if (dot == path.npos) return nullptr;
  const auto below = object.find(std::string(path.substr(0, dot)));
  return below == object.end() ? nullptr : Find(*below, path.substr(dot + 1));
}

std::optional<Time> TimeIn(const json& value) {
  if (!value.is_number()) return std::nullopt;
  const double seconds = value.get<double>();
  if (!(seconds >= 0 && seconds <= kMostSeconds)) return std::nullopt;
  return Time(std::chrono::milliseconds(static_cast<std::int64_t>(std::floor(seconds * 1000))));
}

bool IsFor(const json& audience, const std::vector<std::string>& ours) {
  const auto is_ours = [&](const json& one) {
    return one.is_string() && std::find(ours.begin(), ours.end(), one.get_ref<const std::string&>()) != ours.end();
  };
  return audience.is_array() ? std::any_of(audience.begin(), audience.end(), is_ours) : is_ours(audience);
}

// Of the claims nbf and iat, which need not be there.
Status CheckBegun(const json& claims, const char* name, Time latest) {
  const auto claim = claims.find(name);
  if (claim == claims.end()) return {};
  const std::optional<Time> begin = TimeIn(*claim);
  if (!begin) return InvalidToken(std::string("the token's claim ") + name + " is not a possible time");
  if (*begin > latest) return InvalidToken("the token is not valid yet; check the clocks, its issuer's and ours");
  return {};
}

bool IsUser(std::string_view text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  return !text.empty() && text.size() <= kMaxUserBytes && std::none_of(text.begin(), text.end(), is_control);
}

std::optional<std::string> UserIn(const json* claim) {
  if (!claim || !claim->is_string() || !IsUser(claim->get_ref<const std::string&>())) return std::nullopt;
  return claim->get<std::string>();
}

std::vector<std::string> WordsOf(const json& claim) {
  std::vector<std::string> words;
  if (claim.is_array()) {
    for (const json& one : claim) {
      if (one.is_string()) words.push_back(one.get<std::string>());
    }
  }
  if (!claim.is_string()) return words;
  std::string_view rest = claim.get_ref<const std::string&>();
  while (!rest.empty()) {
    const auto space = std::min(rest.find(' '), rest.size());
    words.emplace_back(rest.substr(0, space));
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  return words;
}

std::string RoleOf(const std::string& word, const std::map<std::string, std::string>& role_map) {
  if (role_map.empty()) return word;
  const auto mapped = role_map.find(word);
  return mapped == role_map.end() ? std::string() : mapped->second;
}

std::vector<std::string> RolesOf(const json& claims, const IssuerConfig& issuer) {
  std::vector<std::string> roles;
  const json* claim = Find(claims, issuer.roles_claim);
  if (!claim) return roles;
  for (const std::string& word : WordsOf(*claim)) {
    std::string role = RoleOf(word, issuer.role_map);
    if (!IsIdentityName(role) || std::find(roles.begin(), roles.end(), role) != roles.end()) continue;
    roles.push_back(std::move(role));
    if (roles.size() == kMaxRoles) break;
  }
  return roles;
}

std::string TenantOf(const json& claims, const IssuerConfig& issuer) {
  if (!issuer.tenant.empty()) return issuer.tenant;
  const json* claim = Find(claims, issuer.tenant_claim);
  return claim && claim->is_string() ? claim->get<std::string>() : std::string();
}

}  // namespace

Status CheckValidity(const json& claims, const IssuerConfig& issuer, Time now) {
  const auto audience = claims.find("aud");
  if (audience == claims.end() || !IsFor(*audience, issuer.audiences)) {
    return InvalidToken("the token is for another audience; ask its issuer for one for this gateway");
  }
  const auto expiry = claims.find("exp");
  if (expiry == claims.end()) return InvalidToken("the token never expires (no exp), and such tokens are refused");
  const std::optional<Time> end = TimeIn(*expiry);
  if (!end) return InvalidToken("the token's claim exp is not a possible time");
  if (now >= *end + issuer.skew) return InvalidToken("the token has expired; ask its issuer for a new one");
  if (Status begun = CheckBegun(claims, "nbf", now + issuer.skew); !begun) return begun;
  return CheckBegun(claims, "iat", now + issuer.skew);
}

Result<TokenIdentity> IdentityOf(const json& claims, const IssuerConfig& issuer) {
  TokenIdentity identity;
  identity.tenant = TenantOf(claims, issuer);
  if (!IsIdentityName(identity.tenant)) return InvalidToken("the token names no tenant, or one that can't be a name");
  std::optional<std::string> user = UserIn(Find(claims, issuer.user_claim));
  if (!user) return InvalidToken("the token names no user, or one that can't be a name");
  identity.user = *std::move(user);
  if (claims.contains("sub")) {
    std::optional<std::string> subject = UserIn(&claims["sub"]);
    if (!subject) return InvalidToken("the token's claim sub can't be a name");
    identity.subject = *std::move(subject);
  }
  identity.roles = RolesOf(claims, issuer);
  identity.issuer = issuer.issuer;
  identity.expires_at = TimeIn(claims.value("exp", json())).value_or(Time());
  return identity;
}

}  // namespace wayleave::auth
