#include "auth-service/audit/holes.h"

namespace wayleave::auth::audit {

void Holes::Open(std::int64_t first, std::int64_t last) {
  const auto problem = log_.Add({Problem::Kind::kRemoved, chain_, first, last});
  overflowed_ = overflowed_ || pieces_.size() >= kMaxPieces || holes_.size() >= kMaxPieces;
  if (overflowed_) return;
  pieces_[first] = {last, holes_.size()};
  holes_.push_back({problem, last - first + 1});
}

bool Holes::Fill(std::int64_t sequence) {
  auto at = pieces_.upper_bound(sequence);
  if (at == pieces_.begin()) return false;
  const auto [first, piece] = *--at;
  if (piece.last < sequence) return false;
  pieces_.erase(at);
  if (first < sequence) pieces_[first] = {sequence - 1, piece.hole};
  if (sequence < piece.last) pieces_[sequence + 1] = {piece.last, piece.hole};
  Hole& hole = holes_[piece.hole];
  if (--hole.missing == 0) log_.Rename(hole.problem, Problem::Kind::kReordered);
  return true;
}

}  // namespace wayleave::auth::audit
