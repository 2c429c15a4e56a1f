#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth-service/audit/checkpoint.h"
#include "auth-service/audit/problem.h"
#include "base/crypto/digest.h"

namespace wayleave::auth::audit {

class ChainCheck;

// A row as the store keeps it.
struct StoredRecord {
  std::string chain;
  std::int64_t sequence = 0;
  std::string body;
  crypto::Digest hash{};
};

// What was seen of a chain.
struct ChainReport {
  std::string chain;
  // The lowest and the highest number; zeros if no record was there.
  std::int64_t first = 0;
  std::int64_t last = 0;
  // Up to here a checkpoint vouches for the records, zero if none does. What comes after, and a chain without any
  // checkpoint, could be anybody's who can write the database.
  std::int64_t vouched_for = 0;
};

struct Report {
  // The first thousand, by chain and number, and how many there were.
  std::vector<Problem> problems;
  std::int64_t problem_count = 0;
  std::int64_t records = 0;
  // By name.
  std::vector<ChainReport> chains;

  bool ok() const { return problem_count == 0; }
};

// Looks for traces of tampering in audit chains. Feed it every stored record; chains may be mixed, but each should
// come in the order of its numbers. A problem is told once: afterwards the check goes on from the hash that is
// stored. Neighbours with the same problem are told as one.
//
// Give it the checkpoints from every place there is: the database, the file beside it, copies elsewhere. Only those
// count that are signed by a key trusted by the caller, who must know the keys from somewhere else than the database.
// Checkpoints may be given twice.
//
// Found is: any change of a record, or its removal, repetition or insertion; and any history that contradicts a
// checkpoint, even one whose hashes were computed anew. NOT found, by nobody without more knowledge, is
// 1. what somebody does to the records after a chain's last known checkpoint and computes the hashes anew: change
//    them, add some, or cut them off, which needs no hash;
// 2. a chain of which no checkpoint is known: invented, rewritten or removed as a whole;
// 3. the removal, from the lowest number on, of records that an anchor allows to be missing; and a change of the
//    body of the lowest record that is left of those;
// 4. the return to an earlier state of the database together with every place where checkpoints are kept;
// 5. anything by somebody who has the signing key.
// So sign often, keep copies of the checkpoints on another machine, and verify before a process that starts again
// signs anew. A record without predecessor after a hole can be checked only by a checkpoint; the hole is told.
//
// Retention: records 1 to n may be missing if a checkpoint that is marked as pruned is known for n (SignAnchor).
//
// One thread. Memory grows with the chains and the checkpoints, not with the records: 40 bytes a checkpoint once they
// are checked, a kilobyte a chain, and at most 64 KiB more for one whose records are out of order.
class Verifier {
 public:
  Verifier(std::vector<Checkpoint> known, std::vector<std::string> trusted_public_keys);
  ~Verifier();

  void Feed(const StoredRecord& record);
  // Once, after the last record.
  Report Finish();

 private:
  bool IsTrusted(const Checkpoint& checkpoint);
  ChainCheck& CheckOf(const std::string& chain);

  const std::vector<std::string> trusted_public_keys_;
  ProblemLog log_;
  std::unordered_map<std::string, std::unique_ptr<ChainCheck>> checks_;
  ChainCheck* current_ = nullptr;
  std::int64_t records_ = 0;
};

}  // namespace wayleave::auth::audit
