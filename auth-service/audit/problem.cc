#include "auth-service/audit/problem.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace wayleave::auth::audit {
namespace {

// An attacker chooses what stands in the table, and the words go to a terminal.
std::string Shown(const std::string& chain) {
  constexpr std::size_t kMost = 64;
  std::string shown = chain.substr(0, kMost);
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c <= ' ' || c > '~'; }, '?');
  return chain.size() > kMost ? shown + "…" : shown;
}

std::string Records(const Problem& problem) {
  const std::string first = std::to_string(problem.sequence);
  if (problem.last_sequence == problem.sequence) return "record " + first;
  return "records " + first + " to " + std::to_string(problem.last_sequence);
}

std::string What(const Problem& problem) {
  const std::string records = Records(problem);
  const std::string before = std::to_string(problem.sequence - 1);
  const std::string last = std::to_string(problem.last_sequence);
  switch (problem.kind) {
    case Problem::Kind::kChanged:
      return problem.sequence == 1 ? records + ": changed"
                                   : records + ": changed, or record " + before + " was together with its hash";
    case Problem::Kind::kRemoved:
      return records + ": removed, later ones are there";
    case Problem::Kind::kReordered:
      return records + ": out of order, stored after later ones";
    case Problem::Kind::kInserted:
      return records + ": inserted, a record with this number can't belong here";
    case Problem::Kind::kDuplicated:
      return records + ": duplicated";
    case Problem::Kind::kChainMissing:
      return "the whole chain was removed; a checkpoint was signed for record " + last;
    case Problem::Kind::kTailCut:
      return records + ": cut off, the chain ends before a record that a checkpoint was signed for";
    case Problem::Kind::kBadSignature:
      return "the checkpoint of " + records + " has a bad signature: changed or forged, it counts for nothing";
    case Problem::Kind::kUnknownKey:
      return "the checkpoint of " + records + " is signed by a key that is not trusted: it counts for nothing";
    case Problem::Kind::kRewritten:
      return records + ": rewritten with new hashes, a checkpoint was signed for another history";
  }
  return records;
}

}  // namespace

std::string InWords(const Problem& problem) { return "chain " + Shown(problem.chain) + ", " + What(problem); }

ProblemLog::Handle ProblemLog::Add(Problem problem) {
  ++count_;
  if (problems_.size() == kMaxProblems) return std::nullopt;
  problem.last_sequence = std::max(problem.last_sequence, problem.sequence);
  problems_.push_back(std::move(problem));
  return problems_.size() - 1;
}

void ProblemLog::Extend(Handle handle, std::int64_t last_sequence) {
  if (handle) problems_[*handle].last_sequence = last_sequence;
}

void ProblemLog::Rename(Handle handle, Problem::Kind kind) {
  if (handle) problems_[*handle].kind = kind;
}

std::vector<Problem> ProblemLog::Take() {
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.chain, a.sequence) < std::tie(b.chain, b.sequence);
  });
  return std::move(problems_);
}

}  // namespace wayleave::auth::audit
