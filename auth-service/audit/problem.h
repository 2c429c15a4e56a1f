#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wayleave::auth::audit {

// Something that can't be in an audit chain that nobody touched.
struct Problem {
  enum class Kind {
    // The record does not match its hash: it was changed, or the one before it was together with its hash.
    kChanged,
    // Records are not there though later ones are.
    kRemoved,
    // Records come after later ones.
    kReordered,
    // A record that can't belong: another one has its number, or its number is none.
    kInserted,
    // The same number again.
    kDuplicated,
    // A checkpoint names a chain of which no record is left.
    kChainMissing,
    // The chain ends before a record that a checkpoint names.
    kTailCut,
    // A checkpoint was changed after it was signed, or never was signed by the key that it names.
    kBadSignature,
    // A checkpoint is signed by a key that is not trusted.
    kUnknownKey,
    // Records match their hashes, but a checkpoint was signed for another hash.
    kRewritten,
  };

  Kind kind = Kind::kChanged;
  std::string chain;
  // The records that are meant, both included. Of a checkpoint the record that it was signed for.
  std::int64_t sequence = 0;
  std::int64_t last_sequence = 0;
};

// One sentence with the chain and the records, for an operator. The chain's id is made fit to be shown.
std::string InWords(const Problem& problem);

// Keeps the first thousand problems and counts the rest. Not thread-safe.
class ProblemLog {
 public:
  static constexpr std::size_t kMaxProblems = 1000;
  // A problem that may yet change; empty when it was only counted.
  using Handle = std::optional<std::size_t>;

  Handle Add(Problem problem);
  // The problem goes up to this record.
  void Extend(Handle handle, std::int64_t last_sequence);
  void Rename(Handle handle, Problem::Kind kind);

  std::int64_t count() const { return count_; }
  // By chain and number. The log is of no use afterwards.
  std::vector<Problem> Take();

 private:
  std::vector<Problem> problems_;
  std::int64_t count_ = 0;
};

}  // namespace wayleave::auth::audit
