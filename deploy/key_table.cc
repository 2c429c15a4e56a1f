#include "deploy/key_table.h"

#include <fmt/format.h>

#include <ctime>
#include <map>

#include "deploy/admin_options.h"
#include "deploy/terms_options.h"
#include "deploy/text_table.h"

namespace wayleave::deploy {
namespace {

using auth::v1::Key;

// What rules, limits and administration look at, of a key that has some.
std::string RestOf(const Key& key) {
  std::string rest;
  const auto add = [&rest](const std::string& text) { rest += (rest.empty() ? "" : "  ") + text; };
  if (!key.scopes().empty()) add(fmt::format("scopes {}", fmt::join(key.scopes(), ",")));
  if (!key.roles().empty()) add(fmt::format("roles {}", fmt::join(key.roles(), ",")));
  for (const auto& [name, value] : std::map<std::string, std::string>(key.labels().begin(), key.labels().end())) {
    add(name + "=" + value);
  }
  auth::v1::Terms terms = key.terms();
  *terms.mutable_models() = key.models();
  if (const std::string words = InShort(terms); words != "-") add(words);
  return rest;
}

}  // namespace

std::string StateOf(const Key& key) {
  if (key.has_revoked_at()) return "revoked " + MinuteText(key.revoked_at());
  const bool over = key.has_expires_at() && key.expires_at().seconds() <= std::time(nullptr);
  if (!key.rotated_to().empty()) return (over ? "rotated to " : "rotating to ") + key.rotated_to();
  if (!key.has_expires_at()) return "good";
  return (over ? "expired " : "until ") + MinuteText(key.expires_at());
}

std::string KeysTable(const auth::v1::ListKeysResponse& keys) {
  TextTable table({{"ID"},
                   {"PREFIX"},
                   {"NAME", false, 8},
                   {"TENANT", false, 6},
                   {"USER", false, 6},
                   {"STATE"},
                   {"LAST USED (UTC)"},
                   {"MORE", false, 6}});
  for (const Key& key : keys.keys()) {
    const std::string used = key.has_last_used_at() ? MinuteText(key.last_used_at()) : "never";
    table.Add({key.id(), key.prefix(), key.name(), key.tenant(), key.user(), StateOf(key), used, RestOf(key)});
  }
  return table.Text();
}

}  // namespace wayleave::deploy
