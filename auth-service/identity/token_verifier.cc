#include "auth-service/identity/token_verifier.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "auth-service/identity/claims.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;

Error NoKeysYet() {
  return Error{Code::kUnavailable, "the keys of the token's issuer have not been read yet; try again shortly",
               "keys_unavailable", 1s};
}

Error NoKey(KeySet::Match match) {
  switch (match) {
    case KeySet::Match::kUnfit:
      return InvalidToken("the key that the token names is not for its algorithm");
    case KeySet::Match::kSeveral:
      return InvalidToken("several keys of the issuer could be the token's");
    default:
      return InvalidToken("the token is signed with a key that its issuer is not known to have");
  }
}

}  // namespace

TokenVerifier::Issuer::Issuer(IssuerConfig c, metrics::Registry& registry)
    : config(std::move(c)), algorithms(config.algorithms.begin(), config.algorithms.end()), source(config, registry) {}

TokenVerifier::TokenVerifier(std::vector<IssuerConfig> issuers, metrics::Registry& registry) {
  JwksProbe::Declare(registry);
  for (IssuerConfig& config : issuers) {
    const std::string issuer = config.issuer;
    issuers_.emplace(issuer, std::make_unique<Issuer>(std::move(config), registry));
  }
}

TokenVerifier::~TokenVerifier() { Stop(); }

bool TokenVerifier::LooksLikeToken(std::string_view credential) const {
  return !issuers_.empty() && credential.starts_with("eyJ") &&
         std::count(credential.begin(), credential.end(), '.') == 2;
}

Result<TokenIdentity> TokenVerifier::Verify(std::string_view text, Time now) const {
  const Result<Token> token = ParseToken(text);
  if (!token) return token.error();
  const auto claim = token->claims.find("iss");
  const bool named = claim != token->claims.end() && claim->is_string();
  const auto found = named ? issuers_.find(claim->get_ref<const std::string&>()) : issuers_.end();
  if (found == issuers_.end()) return InvalidToken("the token's issuer is not one that is accepted here");
  Issuer& issuer = *found->second;
  if (Status checked = CheckSignature(*token, issuer, now); !checked) return std::move(checked).error();
  if (Status valid = CheckValidity(token->claims, issuer.config, now); !valid) return std::move(valid).error();
  return IdentityOf(token->claims, issuer.config);
}

Status TokenVerifier::CheckSignature(const Token& token, Issuer& issuer, Time now) {
  if (!issuer.algorithms.contains(token.algorithm->name)) {
    return InvalidToken("the token is not signed by an algorithm that is accepted from its issuer");
  }
  const std::shared_ptr<const KeySet> keys = issuer.source.Keys();
  const KeySet::Choice choice = keys ? keys->Choose(token.kid, *token.algorithm) : KeySet::Choice{};
  const bool good = choice.key && choice.key->key.Verify(*token.algorithm, token.signed_part, token.signature);
  if (good) return {};
  // A key without a name can only be told from its successor by its signatures.
  const bool may_be_new = choice.match == KeySet::Match::kUnknown || (choice.key && !token.kid);
  if (may_be_new) issuer.source.Ask(now);
  if (!keys) return NoKeysYet();
  return choice.key ? InvalidToken("the token's signature is wrong") : NoKey(choice.match);
}

Status TokenVerifier::Start(WorkerPool& workers) {
  Status first;
  for (auto& [name, issuer] : issuers_) {
    Status started = issuer->source.Start(workers.Next());
    if (started || !first) continue;
    Error error = std::move(started).error();
    error.message = "the jwks_file of " + issuer->config.name + ": " + error.message;
    first = std::move(error);
  }
  return first;
}

void TokenVerifier::Stop() {
  for (auto& [name, issuer] : issuers_) issuer->source.Stop();
}

}  // namespace wayleave::auth
