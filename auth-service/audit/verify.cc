#include "auth-service/audit/verify.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "auth-service/audit/chain_check.h"

namespace wayleave::auth::audit {
namespace {

using Kind = Problem::Kind;

bool Before(const Checkpoint& a, const Checkpoint& b) {
  return std::tie(a.chain, a.sequence, a.hash, a.at_nanos, a.pruned, a.public_key, a.signature) <
         std::tie(b.chain, b.sequence, b.hash, b.at_nanos, b.pruned, b.public_key, b.signature);
}

// The same checkpoint stands in the database and in the file, and is to be checked and told of once.
void SortOut(std::vector<Checkpoint>& known) {
  std::sort(known.begin(), known.end(), Before);
  known.erase(std::unique(known.begin(), known.end()), known.end());
}

}  // namespace

Verifier::Verifier(std::vector<Checkpoint> known, std::vector<std::string> trusted_public_keys)
    : trusted_public_keys_(std::move(trusted_public_keys)) {
  SortOut(known);
  for (const Checkpoint& checkpoint : known) {
    if (IsTrusted(checkpoint)) {
      CheckOf(checkpoint.chain).Know({checkpoint.sequence, checkpoint.hash}, checkpoint.pruned);
    }
  }
}

Verifier::~Verifier() = default;

bool Verifier::IsTrusted(const Checkpoint& checkpoint) {
  const auto& keys = trusted_public_keys_;
  const bool known_key = std::find(keys.begin(), keys.end(), checkpoint.public_key) != keys.end();
  if (known_key && checkpoint.sequence >= 1 && HasGoodSignature(checkpoint)) return true;
  log_.Add({known_key ? Kind::kBadSignature : Kind::kUnknownKey, checkpoint.chain, checkpoint.sequence});
  return false;
}

ChainCheck& Verifier::CheckOf(const std::string& chain) {
  if (current_ && current_->chain() == chain) return *current_;
  std::unique_ptr<ChainCheck>& check = checks_[chain];
  if (!check) check = std::make_unique<ChainCheck>(chain, log_);
  current_ = check.get();
  return *current_;
}

void Verifier::Feed(const StoredRecord& record) {
  ++records_;
  CheckOf(record.chain).Feed(record);
}

Report Verifier::Finish() {
  Report report;
  for (const auto& [name, check] : checks_) {
    check->Finish();
    report.chains.push_back(check->Told());
  }
  std::sort(report.chains.begin(), report.chains.end(),
            [](const ChainReport& a, const ChainReport& b) { return a.chain < b.chain; });
  report.problem_count = log_.count();
  report.problems = log_.Take();
  report.records = records_;
  return report;
}

}  // namespace wayleave::auth::audit
