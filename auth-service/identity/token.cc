#include "auth-service/identity/token.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "auth-service/identity/base64url.h"
#include "auth-service/identity/strict_json.h"

namespace wayleave::auth {
namespace {

using nlohmann::json;

// Header, claims and signature, still in base64url.
std::optional<std::array<std::string_view, 3>> Split(std::string_view text) {
  const auto first = text.find('.');
  const auto second = first == text.npos ? first : text.find('.', first + 1);
  if (second == text.npos || text.find('.', second + 1) != text.npos) return std::nullopt;
  return std::array{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

std::optional<json> ParsePart(std::string_view part) {
  const std::optional<std::string> text = FromBase64Url(part);
  return text ? ParseStrictObject(*text) : std::nullopt;
}

// Other kinds of JWT (logout tokens, DPoP proofs, events) are signed with the same keys, but say nothing about who is
// calling.
bool IsBearerType(const json& type) {
  if (!type.is_string()) return false;
  std::string name = type.get<std::string>();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view kTree = "application/";
  if (name.starts_with(kTree)) name.erase(0, kTree.size());
  return name == "jwt" || name == "at+jwt";
}

Status ReadHeader(const json& header, Token& into) {
  if (header.contains("crit")) return InvalidToken("the token demands extensions (crit) that are not supported");
  const auto type = header.find("typ");
  if (type != header.end() && !IsBearerType(*type)) {
    return InvalidToken("the token is of a type that proves no identity; send an access token");
  }
  const auto algorithm = header.find("alg");
  const bool named = algorithm != header.end() && algorithm->is_string();
  into.algorithm = named ? FindAlgorithm(algorithm->get_ref<const std::string&>()) : nullptr;
  if (!into.algorithm) return InvalidToken("the token is not signed by an algorithm that is accepted here");
  const auto kid = header.find("kid");
  if (kid == header.end()) return {};
  if (!kid->is_string()) return InvalidToken("the token's header names its key (kid) by something other than a string");
  into.kid = kid->get<std::string>();
  return {};
}

}  // namespace

Error InvalidToken(std::string message) { return Error{Code::kUnauthenticated, std::move(message), "invalid_token"}; }

Result<Token> ParseToken(std::string_view text) {
  if (text.size() > kMaxTokenBytes) return InvalidToken("the token is longer than 16 KiB");
  const auto parts = Split(text);
  if (!parts) return InvalidToken("the token is not three parts divided by dots");
  Token token;
  const std::optional<json> header = ParsePart((*parts)[0]);
  if (!header) return InvalidToken("the token's header is not one JSON object in base64url");
  if (Status read = ReadHeader(*header, token); !read) return std::move(read).error();
  std::optional<json> claims = ParsePart((*parts)[1]);
  if (!claims) return InvalidToken("the token's claims are not one JSON object in base64url");
  std::optional<std::string> signature = FromBase64Url((*parts)[2]);
  if (!signature || signature->empty()) return InvalidToken("the token's signature is missing or not base64url");
  token.claims = *std::move(claims);
  token.signature = *std::move(signature);
  token.signed_part = text.substr(0, text.size() - (*parts)[2].size() - 1);
  return token;
}

}  // namespace wayleave::auth
