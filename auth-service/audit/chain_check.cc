#include "auth-service/audit/chain_check.h"

#include <algorithm>
#include <utility>

namespace wayleave::auth::audit {

using Kind = Problem::Kind;

void Candidates::Add(const crypto::Digest& hash) {
  if (count_ < hashes_.size() && !Has(hash)) hashes_[count_++] = hash;
}

bool Candidates::Has(const crypto::Digest& hash) const { return std::find(begin(), end(), hash) != end(); }

ChainCheck::ChainCheck(std::string chain, ProblemLog& log)
    : chain_(std::move(chain)), log_(log), holes_(chain_, log) {}

void ChainCheck::Know(const Link& link, bool pruned) {
  checkpoints_.push_back(link);
  if (pruned) anchor_ = vouched_for_ = std::max(anchor_, link.sequence);
}

ProblemLog::Handle ChainCheck::Tell(Kind kind, std::int64_t first, std::int64_t last) {
  return log_.Add({kind, chain_, first, std::max(first, last)});
}

void ChainCheck::Feed(const StoredRecord& record) {
  if (record.sequence < 1) {
    Tell(Kind::kInserted, record.sequence);
    return;
  }
  if (first_ == 0) Begin(record.sequence);
  if (record.sequence < last_.sequence) return Late(record.sequence);
  if (record.sequence == last_.sequence) return Again(record);
  if (record.sequence - last_.sequence > 1) {
    holes_.Open(last_.sequence + 1, record.sequence - 1);
    candidates_ = CheckpointsOf(record.sequence - 1);
    bad_ = false;
  }
  Next(record);
}

void ChainCheck::Begin(std::int64_t sequence) {
  first_ = sequence;
  last_.sequence = std::min(anchor_, sequence - 1);
  candidates_ = CheckpointsOf(last_.sequence);
  if (last_.sequence == 0) candidates_.Add(crypto::Digest{});
}

void ChainCheck::Next(const StoredRecord& record) {
  Candidates computed;
  const bool good = Follows(record, candidates_, computed);
  Judge(record.sequence, good);
  before_ = candidates_;
  candidates_ = Candidates();
  candidates_.Add(record.hash);
  if (!good) {
    for (const crypto::Digest& hash : computed) candidates_.Add(hash);
  }
  last_ = {record.sequence, record.hash};
  Compare(last_, good);
}

bool ChainCheck::Follows(const StoredRecord& record, const Candidates& previous, Candidates& computed) const {
  for (const crypto::Digest& hash : previous) {
    computed.Add(HashOf(chain_, record.sequence, hash, record.body));
    if (computed.Has(record.hash)) return true;
  }
  return previous.empty();
}

void ChainCheck::Judge(std::int64_t sequence, bool good) {
  if (good) {
    bad_ = false;
  } else if (bad_) {
    log_.Extend(changed_, sequence);
  } else {
    bad_ = true;
    bad_since_ = sequence;
    changed_ = Tell(Kind::kChanged, sequence);
  }
}

// A record that was told of as changed is not told of again because a checkpoint says so, too. But the hash that
// was signed is one that the next record may follow from.
void ChainCheck::Compare(const Link& stored, bool good) {
  const Candidates signed_for = CheckpointsOf(stored.sequence);
  if (signed_for.empty()) return;
  const bool agree = signed_for.begin() + 1 == signed_for.end() && signed_for.Has(stored.hash);
  if (agree) {
    vouched_for_ = std::max(vouched_for_, stored.sequence);
    contradicted_ = false;
    return;
  }
  for (const crypto::Digest& hash : signed_for) candidates_.Add(hash);
  if (!good) return;
  if (contradicted_) return log_.Extend(rewritten_, stored.sequence);
  contradicted_ = true;
  rewritten_ = Tell(Kind::kRewritten, stored.sequence);
}

// Whichever of the two is the right one, the next may follow from it.
void ChainCheck::Again(const StoredRecord& record) {
  Candidates computed;
  const bool good = Follows(record, before_, computed);
  const bool impostor_before = bad_ && good;
  if (impostor_before && bad_since_ == last_.sequence) {
    log_.Rename(changed_, Kind::kInserted);
  } else {
    Tell(good && record.hash == last_.hash ? Kind::kDuplicated : Kind::kInserted, record.sequence);
  }
  candidates_.Add(record.hash);
  if (!impostor_before) return;
  bad_ = false;
  last_.hash = record.hash;
  Compare(last_, true);
}

void ChainCheck::Late(std::int64_t sequence) {
  if (holes_.Fill(sequence)) return;
  const bool was_there = sequence >= first_ && !holes_.overflowed();
  Tell(was_there ? Kind::kDuplicated : Kind::kReordered, sequence);
}

Candidates ChainCheck::CheckpointsOf(std::int64_t sequence) const {
  const auto lower = [](const Link& link, std::int64_t number) { return link.sequence < number; };
  Candidates hashes;
  auto at = std::lower_bound(checkpoints_.begin(), checkpoints_.end(), sequence, lower);
  for (; at != checkpoints_.end() && at->sequence == sequence; ++at) hashes.Add(at->hash);
  return hashes;
}

void ChainCheck::Finish() {
  if (checkpoints_.empty()) return;
  const std::int64_t known = checkpoints_.back().sequence;
  const std::int64_t reached = first_ == 0 ? anchor_ : std::max(anchor_, last_.sequence);
  if (known <= reached) return;
  Tell(reached == 0 ? Kind::kChainMissing : Kind::kTailCut, reached + 1, known);
}

ChainReport ChainCheck::Told() const { return {chain_, first_, first_ == 0 ? 0 : last_.sequence, vouched_for_}; }

}  // namespace wayleave::auth::audit
