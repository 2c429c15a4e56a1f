#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/auth-service/audit_support.h"

namespace wayleave::auth::audit {

bool operator==(const Problem& a, const Problem& b) {
  return std::tie(a.kind, a.chain, a.sequence, a.last_sequence) ==
         std::tie(b.kind, b.chain, b.sequence, b.last_sequence);
}
void PrintTo(const Problem& problem, std::ostream* out) { *out << InWords(problem); }

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAreArray;
using Kind = Problem::Kind;

const std::string kChain = "auth_1";

// The problems that one tampering makes, exactly; none where the documentation says that it can't be found.
using Expected = std::vector<Problem>;

Problem Of(Kind kind, std::int64_t first, std::int64_t last = 0) {
  return {kind, kChain, first, std::max(first, last)};
}

// A chain with checkpoints at random records, and what an attacker who has the database does to it.
class Tampering {
 public:
  explicit Tampering(unsigned seed) : random_(seed), records_(RecordsOf(kChain, Below(40) + 2)) {
    const int one_in = Below(12) + 1;
    for (const StoredRecord& record : records_) {
      if (Below(one_in) == 0) known_.push_back(CheckpointAt(record, key_));
    }
  }

  Expected ChangeBody() {
    StoredRecord& record = Any();
    std::string& body = record.body;
    switch (Below(3)) {
      case 0:
        Flip(body[static_cast<std::size_t>(Below(static_cast<int>(body.size())))]);
        break;
      case 1:
        body.pop_back();
        break;
      default:
        body.push_back('\0');
    }
    return {Of(Kind::kChanged, record.sequence)};
  }

  Expected ChangeHash() {
    StoredRecord& record = Any();
    record.hash[static_cast<std::size_t>(Below(32))] ^= static_cast<std::uint8_t>(1 << Below(8));
    return {Of(Kind::kChanged, record.sequence)};
  }

  Expected Remove() {
    const int at = Below(Count());
    records_.erase(records_.begin() + at);
    if (at < Count()) return {Of(Kind::kRemoved, at + 1)};
    return known_.empty() || known_.back().sequence <= Count() ? Expected{} : Expected{Of(Kind::kTailCut, at + 1)};
  }

  Expected ExchangePlaces() {
    const auto [a, b] = Two();
    std::swap(records_[a], records_[b]);
    return {Of(Kind::kReordered, static_cast<std::int64_t>(a) + 1, static_cast<std::int64_t>(b))};
  }

  Expected RepeatAtOnceOrLater() {
    const int at = Below(Count());
    const StoredRecord copy = records_[static_cast<std::size_t>(at)];
    records_.insert(records_.begin() + at + 1 + Below(Count() - at), copy);
    return {Of(Kind::kDuplicated, copy.sequence)};
  }

  // A second record with a number that there is, before or after the one that belongs.
  Expected InsertImpostor() {
    const std::size_t at = Index();
    StoredRecord impostor = records_[at];
    impostor.body += " forged";
    const bool hashed = Below(2) == 0;
    impostor.hash = hashed ? HashOf(kChain, impostor.sequence, HashBefore(at), impostor.body) : crypto::Sha256("guess");
    const bool before = Below(2) == 0;
    records_.insert(records_.begin() + static_cast<std::ptrdiff_t>(at) + (before ? 0 : 1), impostor);
    Expected expected = {Of(Kind::kInserted, impostor.sequence)};
    if (before && hashed && Signed(impostor.sequence)) expected.push_back(Of(Kind::kRewritten, impostor.sequence));
    return expected;
  }

  // All later ones get the next number, but not new hashes.
  Expected InsertAndRenumber() {
    const std::size_t at = Index();
    StoredRecord inserted = records_[at];
    inserted.body += " forged";
    inserted.hash = HashOf(kChain, inserted.sequence, HashBefore(at), inserted.body);
    for (std::size_t i = at; i < records_.size(); ++i) ++records_[i].sequence;
    records_.insert(records_.begin() + static_cast<std::ptrdiff_t>(at), inserted);
    Expected expected = {Of(Kind::kChanged, inserted.sequence + 1, Count())};
    if (Signed(inserted.sequence)) expected.push_back(Of(Kind::kRewritten, inserted.sequence));
    return expected;
  }

  Expected CutTail() {
    const auto left = static_cast<std::size_t>(Below(Count()));
    records_.resize(left);
    if (known_.empty() || known_.back().sequence <= Count()) return {};
    return {Of(left == 0 ? Kind::kChainMissing : Kind::kTailCut, Count() + 1, known_.back().sequence)};
  }

  Expected AppendForged() {
    Chain chain(kChain, LinkOf(records_.back()));
    records_.push_back(RecordOf(kChain, chain.Append("forged"), "forged"));
    return {};
  }

  Expected RewriteToTheEnd() {
    const std::size_t from = Index();
    records_[from].body += " forged";
    HashAnew(records_, from, records_.size() - 1);
    return Contradicted(static_cast<std::int64_t>(from) + 1, Count());
  }

  // And leaves what follows as it was, so that it shows there unless a checkpoint has told already.
  Expected RewritePart() {
    const auto [from, end] = Two();
    records_[from].body += " forged";
    HashAnew(records_, from, end - 1);
    Expected expected = Contradicted(static_cast<std::int64_t>(from) + 1, static_cast<std::int64_t>(end));
    if (!Signed(static_cast<std::int64_t>(end))) expected.push_back(Of(Kind::kChanged, records_[end].sequence));
    return expected;
  }

  Expected RemoveAndRewrite() {
    const std::size_t at = Index();
    records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(at));
    for (std::size_t i = at; i < records_.size(); ++i) --records_[i].sequence;
    if (at < records_.size()) HashAnew(records_, at, records_.size() - 1);
    Expected expected = Contradicted(static_cast<std::int64_t>(at) + 1, Count());
    if (Signed(Count() + 1)) expected.push_back(Of(Kind::kTailCut, Count() + 1));
    return expected;
  }

  Expected InsertAndRewrite() {
    const std::size_t at = Index();
    records_.insert(records_.begin() + static_cast<std::ptrdiff_t>(at), records_[at]);
    records_[at].body += " forged";
    for (std::size_t i = at + 1; i < records_.size(); ++i) ++records_[i].sequence;
    HashAnew(records_, at, records_.size() - 1);
    return Contradicted(static_cast<std::int64_t>(at) + 1, Count());
  }

  Expected ForgeCheckpoint() {
    if (known_.empty()) known_.push_back(CheckpointAt(Any(), key_));
    Checkpoint& forged = known_[static_cast<std::size_t>(Below(static_cast<int>(known_.size())))];
    switch (Below(5)) {
      case 0:
        forged = SignCheckpoint(kChain, {forged.sequence, forged.hash}, 1, KeyOf('f'));
        return {Of(Kind::kUnknownKey, forged.sequence)};
      case 1:
        Flip(forged.signature[static_cast<std::size_t>(Below(64))]);
        break;
      case 2:
        forged.hash[static_cast<std::size_t>(Below(32))] ^= 1;
        break;
      case 3:
        forged.sequence += Below(5) + 1;
        break;
      default:
        forged.pruned = true;
    }
    return {Of(Kind::kBadSignature, forged.sequence)};
  }

  // Between the records of chains that nobody touched.
  Report Verify() {
    std::vector<Checkpoint> known = known_;
    std::vector<std::vector<StoredRecord>> chains = {records_, RecordsOf("auth_0", Below(30)),
                                                     RecordsOf("auth_2", Below(30) + 1)};
    known.push_back(CheckpointAt(chains[2].back(), key_));
    std::shuffle(known.begin(), known.end(), random_);
    Verifier verifier(known, {KeyOf('o').PublicKey(), key_.PublicKey()});
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < chains.size(); ++i) order.insert(order.end(), chains[i].size(), i);
    std::shuffle(order.begin(), order.end(), random_);
    std::vector<std::size_t> next(chains.size());
    for (const std::size_t i : order) verifier.Feed(chains[i][next[i]++]);
    return verifier.Finish();
  }

 private:
  int Below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  int Count() const { return static_cast<int>(records_.size()); }
  std::size_t Index() { return static_cast<std::size_t>(Below(Count())); }
  StoredRecord& Any() { return records_[Index()]; }
  void Flip(char& c) { c = static_cast<char>(c ^ 1 << Below(7)); }

  std::pair<std::size_t, std::size_t> Two() {
    const int a = Below(Count() - 1);
    const int b = a + 1 + Below(Count() - a - 1);
    return {static_cast<std::size_t>(a), static_cast<std::size_t>(b)};
  }

  crypto::Digest HashBefore(std::size_t at) const { return at == 0 ? crypto::Digest{} : records_[at - 1].hash; }

  bool Signed(std::int64_t sequence) const {
    return std::any_of(known_.begin(), known_.end(), [&](const Checkpoint& c) { return c.sequence == sequence; });
  }

  // From the first to the last checkpoint within the records whose hashes were computed anew.
  Expected Contradicted(std::int64_t first, std::int64_t last) const {
    std::optional<Problem> problem;
    for (const Checkpoint& checkpoint : known_) {
      if (checkpoint.sequence < first || checkpoint.sequence > last) continue;
      if (!problem) problem = Of(Kind::kRewritten, checkpoint.sequence);
      problem->last_sequence = checkpoint.sequence;
    }
    return problem ? Expected{*problem} : Expected{};
  }

  const crypto::SigningKey key_ = KeyOf('k');
  std::mt19937 random_;
  std::vector<StoredRecord> records_;
  std::vector<Checkpoint> known_;
};

struct Way {
  const char* name;
  Expected (Tampering::*tamper)();
};

class EveryTampering : public testing::TestWithParam<Way> {};

TEST_P(EveryTampering, IsFoundWhereItHappenedAndToldOnce) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    Tampering tampering(seed);

    const Expected expected = (tampering.*GetParam().tamper)();
    const Report report = tampering.Verify();

    ASSERT_THAT(report.problems, UnorderedElementsAreArray(expected)) << "seed " << seed;
    ASSERT_EQ(report.problem_count, static_cast<std::int64_t>(expected.size()));
  }
}

const Way kWays[] = {{"ChangeBody", &Tampering::ChangeBody},
                     {"ChangeHash", &Tampering::ChangeHash},
                     {"Remove", &Tampering::Remove},
                     {"ExchangePlaces", &Tampering::ExchangePlaces},
                     {"RepeatAtOnceOrLater", &Tampering::RepeatAtOnceOrLater},
                     {"InsertImpostor", &Tampering::InsertImpostor},
                     {"InsertAndRenumber", &Tampering::InsertAndRenumber},
                     {"CutTail", &Tampering::CutTail},
                     {"AppendForged", &Tampering::AppendForged},
                     {"RewriteToTheEnd", &Tampering::RewriteToTheEnd},
                     {"RewritePart", &Tampering::RewritePart},
                     {"RemoveAndRewrite", &Tampering::RemoveAndRewrite},
                     {"InsertAndRewrite", &Tampering::InsertAndRewrite},
                     {"ForgeCheckpoint", &Tampering::ForgeCheckpoint}};

INSTANTIATE_TEST_SUITE_P(Ways, EveryTampering, testing::ValuesIn(kWays),
                         [](const auto& way) { return std::string(way.param.name); });

TEST(Verifier, FindsNothingWhereNobodyDidAnything) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    EXPECT_THAT(Tampering(seed).Verify().problems, IsEmpty()) << seed;
  }
}

TEST(Verifier, SaysHowFarAChainGoesAndHowMuchOfItIsVouchedFor) {
  const auto key = KeyOf('k');
  const auto records = RecordsOf(kChain, 10);

  const Report report = Verify(records, {CheckpointAt(records[3], key), CheckpointAt(records[6], key)}, key);

  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.records, 10);
  ASSERT_THAT(report.chains, SizeIs(1));
  EXPECT_EQ(report.chains[0].chain, kChain);
  EXPECT_EQ(report.chains[0].first, 1);
  EXPECT_EQ(report.chains[0].last, 10);
  EXPECT_EQ(report.chains[0].vouched_for, 7);
}

// Two rows whose contents were exchanged: each is told with its neighbour, which follows from neither.
TEST(Verifier, FindsContentsThatWereExchanged) {
  const auto key = KeyOf('k');
  for (const auto& [a, b] : {std::pair<std::size_t, std::size_t>{4, 5}, {4, 9}, {0, 19}, {18, 19}}) {
    auto records = RecordsOf(kChain, 20);
    std::swap(records[a].body, records[b].body);
    std::swap(records[a].hash, records[b].hash);

    const Report report = Verify(records, {}, key);

    ASSERT_THAT(report.problems, SizeIs(b == a + 1 ? 1 : 2));
    EXPECT_EQ(report.problems.front().sequence, static_cast<std::int64_t>(a) + 1);
    EXPECT_LE(report.problems.back().sequence, static_cast<std::int64_t>(b) + 1);
    EXPECT_GE(report.problems.back().last_sequence, static_cast<std::int64_t>(b) + 1);
  }
}

TEST(Verifier, TellsTwoChangesAsTwoAndNeighboursAsOne) {
  auto records = RecordsOf(kChain, 20);
  for (const std::size_t i : {4, 5, 6, 10}) records[i].body += "!";

  const Report report = Verify(records, {}, KeyOf('k'));

  EXPECT_THAT(report.problems, ElementsAre(Of(Kind::kChanged, 5, 7), Of(Kind::kChanged, 11)));
}

TEST(Verifier, TellsARewritingOnceForAllCheckpointsItContradicts) {
  const auto key = KeyOf('k');
  auto records = RecordsOf(kChain, 1000);
  std::vector<Checkpoint> known;
  for (const StoredRecord& record : records) known.push_back(CheckpointAt(record, key));
  records[99].body += "!";
  HashAnew(records, 99, 999);

  const Report report = Verify(records, known, key);

  EXPECT_THAT(report.problems, ElementsAre(Of(Kind::kRewritten, 100, 1000)));
}

TEST(Verifier, TellsTwoRewritingsAsTwoIfACheckpointBetweenThemAgrees) {
  const auto key = KeyOf('k');
  auto records = RecordsOf(kChain, 10);
  std::vector<Checkpoint> known;
  for (const StoredRecord& record : records) known.push_back(CheckpointAt(record, key));
  for (const std::size_t i : {2, 6}) {
    records[i].body += "!";
    HashAnew(records, i, i);
  }

  const Report report = Verify(records, known, key);

  EXPECT_THAT(report.problems, ElementsAre(Of(Kind::kRewritten, 3), Of(Kind::kRewritten, 7)));
}

// A record was rewritten while the service stood still, and then the service went on and signed.
TEST(Verifier, BelievesNoLaterCheckpointAgainstAnEarlierOne) {
  const auto key = KeyOf('k');
  auto records = RecordsOf(kChain, 10);
  std::vector<Checkpoint> known = {CheckpointAt(records[4], key)};
  records[2].body += "!";
  HashAnew(records, 2, 9);
  known.push_back(CheckpointAt(records[9], key));
  known.push_back(CheckpointAt(records[4], key));

  const Report report = Verify(records, known, key);

  EXPECT_THAT(report.problems, ElementsAre(Of(Kind::kRewritten, 5)));
}

TEST(Verifier, FindsAWholeChainThatIsGone) {
  const auto key = KeyOf('k');
  const auto records = RecordsOf(kChain, 10);

  const Report report = Verify(RecordsOf("auth_2", 3), {CheckpointAt(records[7], key)}, key);

  EXPECT_THAT(report.problems, ElementsAre(Of(Kind::kChainMissing, 1, 8)));
}

TEST(Verifier, TellsOfACheckpointOnceThoughItIsKnownFromTwoPlaces) {
  const auto key = KeyOf('k');
  const auto records = RecordsOf(kChain, 5);
  Checkpoint bad = CheckpointAt(records[2], key);
  bad.at_nanos += 1;
  const Checkpoint good = CheckpointAt(records[3], key);

  EXPECT_THAT(Verify(records, {bad, good, bad, good}, key).problems, ElementsAre(Of(Kind::kBadSignature, 3)));
}

TEST(Verifier, FindsTheSameAfterALongStreamInReverse) {
  auto records = RecordsOf(kChain, 3000);
  std::reverse(records.begin(), records.end());

  EXPECT_THAT(Verify(records, {}, KeyOf('k')).problems, ElementsAre(Of(Kind::kReordered, 1, 2999)));
}

TEST(Verifier, FindsARemovalAmongRecordsThatAreOutOfOrder) {
  auto records = RecordsOf(kChain, 10);
  std::swap(records[3], records[6]);
  records.erase(records.begin() + 4);

  EXPECT_THAT(Verify(records, {}, KeyOf('k')).problems, ElementsAre(Of(Kind::kRemoved, 4, 6)));
}

TEST(Verifier, CountsMoreProblemsThanItKeeps) {
  auto records = RecordsOf(kChain, 6000);
  for (std::size_t i = 0; i < records.size(); i += 2) records[i].body += "!";

  const Report report = Verify(records, {}, KeyOf('k'));

  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.problem_count, 3000);
  EXPECT_THAT(report.problems, SizeIs(ProblemLog::kMaxProblems));
}

TEST(Verifier, FindsEveryHoleAlsoWhereItFollowsNoMore) {
  auto records = RecordsOf(kChain, 4000);
  std::vector<StoredRecord> left;
  for (std::size_t i = 1; i < records.size(); i += 2) left.push_back(records[i]);
  left.push_back(records[3998]);

  const Report report = Verify(left, {}, KeyOf('k'));

  EXPECT_EQ(report.problem_count, 2001);
}

TEST(Verifier, TakesNumbersThatCanNotBe) {
  auto records = RecordsOf(kChain, 2);
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-5}, least, most}) {
    records.push_back({kChain, number, "forged", {}});
  }

  const Report report = Verify(records, {}, KeyOf('k'));

  EXPECT_THAT(report.problems, UnorderedElementsAreArray(
                                   {Of(Kind::kInserted, 0), Of(Kind::kInserted, -5),
                                    Of(Kind::kInserted, least), Of(Kind::kRemoved, 3, most - 1)}));
}

// What retention did, and what somebody did who would like to be taken for it.
TEST(Retention, MayRemoveWhatAnAnchorCovers) {
  const auto key = KeyOf('k');
  const auto all = RecordsOf(kChain, 30);
  std::mt19937 random(1);
  for (int round = 0; round < 1000; ++round) {
    const std::size_t anchor = random() % 30 + 1;
    const std::size_t removed = random() % 30 + 1;
    std::vector<Checkpoint> known = {SignAnchor(kChain, LinkOf(all[anchor - 1]), 1, key)};
    for (const StoredRecord& record : all) {
      if (random() % 5 == 0) known.push_back(CheckpointAt(record, key));
    }
    const std::int64_t signed_for = std::max_element(known.begin(), known.end(), [](const auto& a, const auto& b) {
                                      return a.sequence < b.sequence;
                                    })->sequence;

    const Report report = Verify({all.begin() + static_cast<std::ptrdiff_t>(removed), all.end()}, known, key);

    const auto first = static_cast<std::int64_t>(anchor) + 1;
    const auto last = removed == 30 ? signed_for : static_cast<std::int64_t>(removed);
    if (last < first) {
      ASSERT_THAT(report.problems, IsEmpty()) << anchor << " " << removed;
    } else {
      const Kind kind = removed == 30 ? Kind::kTailCut : Kind::kRemoved;
      ASSERT_THAT(report.problems, ElementsAre(Of(kind, first, last))) << anchor << " " << removed;
    }
  }
}

TEST(Retention, StillBindsWhatIsLeftToTheAnchor) {
  const auto key = KeyOf('k');
  auto records = RecordsOf(kChain, 20);
  const Checkpoint anchor = SignAnchor(kChain, LinkOf(records[9]), 1, key);
  records.erase(records.begin(), records.begin() + 10);
  records[0].body += "!";
  EXPECT_THAT(Verify(records, {anchor}, key).problems, ElementsAre(Of(Kind::kChanged, 11)));

  records[0].hash = HashOf(kChain, 11, crypto::Sha256("guess"), records[0].body);
  HashAnew(records, 1, 9);
  EXPECT_THAT(Verify(records, {anchor}, key).problems, ElementsAre(Of(Kind::kChanged, 11)));
}

TEST(Retention, LeavesNoRoomForHoles) {
  const auto key = KeyOf('k');
  auto records = RecordsOf(kChain, 20);
  const Checkpoint anchor = SignAnchor(kChain, LinkOf(records[9]), 1, key);
  records.erase(records.begin() + 4, records.begin() + 6);

  EXPECT_THAT(Verify(records, {anchor}, key).problems, ElementsAre(Of(Kind::kRemoved, 5, 6)));
}

TEST(Retention, NeedsAnAnchorThatIsSigned) {
  const auto key = KeyOf('k');
  auto records = RecordsOf(kChain, 20);
  Checkpoint marked = CheckpointAt(records[9], key);
  marked.pruned = true;
  const Checkpoint foreign = SignAnchor(kChain, LinkOf(records[9]), 1, KeyOf('f'));
  const Checkpoint plain = CheckpointAt(records[9], key);
  records.erase(records.begin(), records.begin() + 10);

  EXPECT_THAT(Verify(records, {marked, foreign, plain}, key).problems,
              UnorderedElementsAreArray(
                  {Of(Kind::kBadSignature, 10), Of(Kind::kUnknownKey, 10), Of(Kind::kRemoved, 1, 10)}));
}

TEST(InWords, NamesTheChainAndTheRecords) {
  EXPECT_EQ(InWords(Of(Kind::kRemoved, 5, 9)), "chain auth_1, records 5 to 9: removed, later ones are there");
  for (int kind = 0; kind <= static_cast<int>(Kind::kRewritten); ++kind) {
    EXPECT_THAT(InWords(Of(static_cast<Kind>(kind), 7)), AllOf(HasSubstr("auth_1"), HasSubstr("record 7")));
  }
}

TEST(InWords, ShowsNoNameThatTalksToATerminal) {
  Problem problem = Of(Kind::kRemoved, 5);
  problem.chain = "a\n\x1b[2J" + std::string(1000, 'x');

  const std::string words = InWords(problem);

  EXPECT_THAT(words, HasSubstr("a??[2J"));
  EXPECT_LT(words.size(), 200u);
}

}  // namespace
}  // namespace wayleave::auth::audit
