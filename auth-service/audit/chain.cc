#include "auth-service/audit/chain.h"

#include <utility>

#include "auth-service/audit/framing.h"

namespace wayleave::auth::audit {
namespace {

constexpr std::string_view kPrefix = "wayleave audit record 1\n";

}  // namespace

crypto::Digest HashOf(std::string_view chain, std::int64_t sequence, const crypto::Digest& previous_hash,
                      std::string_view body) {
  thread_local std::string message;  // a verification hashes millions
  message.assign(kPrefix);
  AppendSized(message, chain);
  AppendNumber(message, sequence);
  message += crypto::AsView(previous_hash);
  AppendSized(message, body);
  return crypto::Sha256(message);
}

Chain::Chain(std::string id, const Link& last) : id_(std::move(id)), last_(last) {}

Link Chain::Append(std::string_view body) {
  last_ = Link{last_.sequence + 1, HashOf(id_, last_.sequence + 1, last_.hash, body)};
  return last_;
}

}  // namespace wayleave::auth::audit
