#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "auth-service/audit/problem.h"

namespace wayleave::auth::audit {

// The numbers of a chain that were passed over. A hole is a removal, until all of it has come later: then the
// records were only out of order. Not thread-safe; the log must outlive it.
class Holes {
 public:
  Holes(const std::string& chain, ProblemLog& log) : chain_(chain), log_(log) {}

  void Open(std::int64_t first, std::int64_t last);
  // A record comes late: it was missing until now. False if it was not.
  bool Fill(std::int64_t sequence);
  // There were too many to remember all: Fill may say no of what was missing.
  bool overflowed() const { return overflowed_; }

 private:
  static constexpr std::size_t kMaxPieces = 256;

  struct Piece {
    std::int64_t last;
    std::size_t hole;
  };
  struct Hole {
    ProblemLog::Handle problem;
    std::int64_t missing;
  };

  const std::string& chain_;
  ProblemLog& log_;
  std::map<std::int64_t, Piece> pieces_;  // by the first number
  std::vector<Hole> holes_;
  bool overflowed_ = false;
};

}  // namespace wayleave::auth::audit
