#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "auth-service/audit/chain.h"
#include "auth-service/audit/holes.h"
#include "auth-service/audit/problem.h"
#include "auth-service/audit/verify.h"

namespace wayleave::auth::audit {

// What the hash of a record may have been. Normally one: the hash that is stored. After a problem there are more,
// so that what follows from a change that was told is not told again. None: nobody knows, nothing can be checked.
class Candidates {
 public:
  void Add(const crypto::Digest& hash);
  bool Has(const crypto::Digest& hash) const;
  const crypto::Digest* begin() const { return hashes_.data(); }
  const crypto::Digest* end() const { return hashes_.data() + count_; }
  bool empty() const { return count_ == 0; }

 private:
  // A fifth would only make the consequences of a problem be told as another one.
  std::array<crypto::Digest, 4> hashes_{};
  std::size_t count_ = 0;
};

// The verification of one chain; see Verifier. One thread; the log must outlive it.
class ChainCheck {
 public:
  ChainCheck(std::string chain, ProblemLog& log);

  // A checkpoint that can be trusted. All of them come before the first record, in the order of their numbers.
  void Know(const Link& link, bool pruned);
  void Feed(const StoredRecord& record);
  // After the last record.
  void Finish();

  const std::string& chain() const { return chain_; }
  ChainReport Told() const;

 private:
  void Begin(std::int64_t sequence);
  // The next in order: after holes have been told of.
  void Next(const StoredRecord& record);
  // The number of the record before once more.
  void Again(const StoredRecord& record);
  // A lower number than that of the record before.
  void Late(std::int64_t sequence);

  bool Follows(const StoredRecord& record, const Candidates& previous, Candidates& computed) const;
  void Judge(std::int64_t sequence, bool good);
  void Compare(const Link& stored, bool good);
  Candidates CheckpointsOf(std::int64_t sequence) const;
  ProblemLog::Handle Tell(Problem::Kind kind, std::int64_t first, std::int64_t last = 0);

  const std::string chain_;
  ProblemLog& log_;
  Holes holes_;
  std::vector<Link> checkpoints_;
  // Up to here records may be missing.
  std::int64_t anchor_ = 0;

  std::int64_t first_ = 0;
  Link last_;
  // Of the last record, and of the one before it.
  Candidates candidates_;
  Candidates before_;
  // Whether the last record did not match its hash; then the problem that says so, and where that began.
  bool bad_ = false;
  ProblemLog::Handle changed_;
  std::int64_t bad_since_ = 0;
  // The last checkpoint did not match: the next that does not either belongs to the same problem.
  bool contradicted_ = false;
  ProblemLog::Handle rewritten_;
  std::int64_t vouched_for_ = 0;
};

}  // namespace wayleave::auth::audit
