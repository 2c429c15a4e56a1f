#include "deploy/audit_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "auth-service/audit/chain.h"
#include "auth-service/audit/export.h"
#include "base/crypto/encoding.h"
#include "tests/deploy/filled_store.h"

namespace wayleave::deploy {
namespace {

using auth::Engine;
using auth::EngineName;
using auth::StorePlace;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kRequests = 20;  // records 2 to 21 of the chain

// A store with a chain of requests that a server has signed; then somebody has the database in his hands.
class AuditCheckTest : public testing::TestWithParam<auth::Engine> {
 protected:
  AuditCheckTest() : place_(GetParam()), store_(place_.Open()) {
    std::filesystem::create_directories(place_.directory());
    auto trail = auth::Trail::Open(place_.directory());
    trail_ = std::move(*trail);
    Begin(*store_);
    RecordMany(*store_, 1, kRequests);
    deploy::Sign(*store_, *trail_);
  }

  std::string File() const { return place_.directory() + "/audit-checkpoints.jsonl"; }
  AuditSources Sources() const { return {{File()}, {trail_->public_key()}, true, auth::Time::min()}; }

  AuditFindings Check() { return Check(Sources()); }
  AuditFindings Check(const AuditSources& sources) { return Check(*store_, sources); }
  AuditFindings Check(auth::Store& store, const AuditSources& sources) {
    auto findings = CheckAudit(store, sources, [](std::int64_t) {});
    EXPECT_THAT(findings, auth::IsOk());
    return findings ? std::move(*findings) : AuditFindings();
  }

  void Tamper(const std::string& sql) {
    auto database = place_.OpenDatabase();
    Must(database->Execute(sql.c_str()));
  }

  // Hashes that fit again, as somebody computes them who has the database but not the key.
  void HashAnew(std::int64_t from) {
    auth::v1::ListAuditRequest all;
    all.set_chain("main");
    all.set_limit(1000);
    const auto records = store_->Audit(all);
    crypto::Digest last{};
    for (const auto& record : *records) {
      crypto::Digest stored{};
      std::copy_n(record.hash().begin(), stored.size(), stored.begin());
      last = record.sequence() < from ? stored : auth::audit::HashOf("main", record.sequence(), last, record.body());
      const std::string hex = crypto::Hex(crypto::AsView(last));
      const std::string blob = GetParam() == auth::Engine::kSqlite ? "x'" + hex + "'" : "decode('" + hex + "', 'hex')";
      Tamper("UPDATE audit SET hash = " + blob + " WHERE sequence = " + std::to_string(record.sequence()));
    }
  }

  StorePlace place_;
  std::unique_ptr<auth::SqlStore> store_;
  std::unique_ptr<auth::Trail> trail_;
};

WAYLEAVE_ON_BOTH_ENGINES(AuditCheckTest);

TEST_P(AuditCheckTest, FindsNothingWhereNobodyTouchedAnything) {
  const AuditFindings found = Check();

  EXPECT_EQ(found.problems(), 0) << InWords(found);
  EXPECT_EQ(found.chain.records, kRequests + 1);
  EXPECT_EQ(found.requests, kRequests);
  EXPECT_EQ(found.last_checkpoint->sequence, kRequests + 1);
  EXPECT_THAT(InWords(found), AllOf(HasSubstr("Records: 21, from 2027-01-15T08:00:00Z to 2027-01-15T08:00:20Z."),
                                    HasSubstr("records up to 21 are vouched for"), HasSubstr("No problem")));
}

TEST_P(AuditCheckTest, FindsARecordThatWasChanged) {
  Tamper("UPDATE audit SET body = replace(body, '\"ann\"', '\"bob\"') WHERE sequence = 5");
  EXPECT_THAT(InWords(Check()), HasSubstr("record 5: changed"));
}

TEST_P(AuditCheckTest, FindsARecordThatWasRemoved) {
  Tamper("DELETE FROM audit WHERE sequence = 5");
  EXPECT_THAT(InWords(Check()), HasSubstr("record 5: removed"));
}

TEST_P(AuditCheckTest, FindsRecordsThatChangedPlaces) {
  Tamper(
      "UPDATE audit SET sequence = 1000 WHERE sequence = 5; UPDATE audit SET sequence = 5 WHERE sequence = 6;"
      "UPDATE audit SET sequence = 6 WHERE sequence = 1000");
  const AuditFindings found = Check();
  EXPECT_GT(found.chain.problem_count, 0);
  EXPECT_THAT(InWords(found), HasSubstr("record"));
}

TEST_P(AuditCheckTest, FindsATailThatWasCutAlsoWhenItsRowsAndTheStoresCheckpointsWentWithIt) {
  Tamper(
      "DELETE FROM audit WHERE sequence > 15; DELETE FROM checkpoints; DELETE FROM usage WHERE started_at > "
      "1800000014000000000");
  EXPECT_THAT(InWords(Check()), AllOf(HasSubstr("records 16 to 21: cut off"), Not(HasSubstr("usage table was"))));
}

TEST_P(AuditCheckTest, FindsAChainThatIsGone) {
  Tamper("DELETE FROM audit; DELETE FROM checkpoints; DELETE FROM usage");
  EXPECT_THAT(InWords(Check()), HasSubstr("the whole chain was removed"));
}

TEST_P(AuditCheckTest, FindsAHistoryThatWasWrittenAnew) {
  Tamper(
      "UPDATE audit SET body = replace(body, '\"ann\"', '\"bob\"') WHERE sequence = 5; UPDATE usage SET \"user\" = "
      "'bob' "
      "WHERE reservation_id = 'rsv_4'");
  HashAnew(5);
  EXPECT_THAT(InWords(Check()), HasSubstr("rewritten with new hashes"));
}

TEST_P(AuditCheckTest, FindsARecordBeforeTheFirst) {
  Tamper("INSERT INTO audit SELECT chain, -7, at, kind, tenant, body, hash FROM audit WHERE sequence = 5");
  EXPECT_THAT(InWords(Check()), HasSubstr("can't belong here"));
}

TEST_P(AuditCheckTest, FindsEachChangeOfAUsageRow) {
  for (const char* change :
       {"cost_nano_usd = 1", "input_tokens = 7", "output_tokens = 0", "tenant = 'other'", "key_id = 'key_2'",
        "\"user\" = 'bob'", "model = 'cheap'", "provider = 'x'", "outcome = 2", "started_at = started_at + 1"}) {
    Tamper(std::string("UPDATE usage SET ") + change + " WHERE reservation_id = 'rsv_7'");
    const std::string words = InWords(Check());
    EXPECT_THAT(words, HasSubstr("request rsv_7: its row in the usage table was changed")) << change;
    EXPECT_THAT(words, HasSubstr("Problems found: 1.")) << change;
    Tamper("DELETE FROM usage WHERE reservation_id = 'rsv_7'");
    Must(auth::Transact(*store_, [](auth::Changes& changes) -> Status {
      return changes.Record(RequestOf(7), auth::Time()) ? Status() : Status(Error{});
    }));
  }
  EXPECT_EQ(Check().problems(), 0);
}

TEST_P(AuditCheckTest, SaysWhatAUsageRowWas) {
  Tamper("UPDATE usage SET cost_nano_usd = 1 WHERE reservation_id = 'rsv_7'");
  EXPECT_THAT(InWords(Check()), HasSubstr("cost_nano_usd is 1, the audit chain says 1000007"));
}

TEST_P(AuditCheckTest, FindsUsageRowsThatWereRemovedOrAdded) {
  Tamper("DELETE FROM usage WHERE reservation_id = 'rsv_7'");
  Must(auth::Transact(*store_, [](auth::Changes& changes) -> Status {
    return changes.Record(RequestOf(500), auth::Time()) ? Status() : Status(Error{});
  }));
  EXPECT_THAT(InWords(Check()), AllOf(HasSubstr("request rsv_7: its row in the usage table was removed; record 8"),
                                      HasSubstr("request rsv_500: its row in the usage table was added"),
                                      HasSubstr("Problems found: 2.")));
}

TEST_P(AuditCheckTest, FindsARowThatWasMovedOutOfTheTimeThatIsCompared) {
  Tamper("UPDATE usage SET started_at = 5 WHERE reservation_id = 'rsv_7'");
  EXPECT_THAT(InWords(Check()), HasSubstr("request rsv_7: its row in the usage table was removed"));
}

TEST_P(AuditCheckTest, LeavesAloneWhatRetentionTookOutOfTheTable) {
  Tamper("DELETE FROM usage WHERE started_at < 1800000010000000000");
  AuditSources sources = Sources();
  EXPECT_EQ(Check(sources).problems(), 9);

  sources.keeps_usage_since = auth::TimeOf(1'800'000'010'000'000'000);
  const AuditFindings found = Check(sources);

  EXPECT_EQ(found.problems(), 0) << InWords(found);
  EXPECT_EQ(found.requests, 11);
}

TEST_P(AuditCheckTest, LeavesAloneRequestsFromBeforeTheChain) {
  auth::v1::Settlement old = RequestOf(0);
  old.mutable_started_at()->set_seconds(1'700'000'000);
  Must(auth::Transact(*store_, [&](auth::Changes& changes) -> Status {
    return changes.Record(old, auth::Time()) ? Status() : Status(Error{});
  }));
  EXPECT_EQ(Check().problems(), 0);
}

TEST_P(AuditCheckTest, TakesCheckpointsFromPlacesElsewhereAndNoneOfAStrangersKey) {
  const std::string copy = place_.directory() + "/copy.jsonl";
  std::filesystem::create_directories(place_.directory());
  std::filesystem::rename(File(), copy);
  Tamper(
      "DELETE FROM audit WHERE sequence > 15; DELETE FROM checkpoints; DELETE FROM usage WHERE started_at > "
      "1800000014000000000");
  EXPECT_EQ(Check().problems(), 0);  // nobody could know

  AuditSources sources = Sources();
  sources.files.push_back(copy);
  EXPECT_THAT(InWords(Check(sources)), HasSubstr("cut off"));

  sources.keys = {std::string(32, 'k')};
  EXPECT_THAT(InWords(Check(sources)),
              AllOf(HasSubstr("signed by a key that is not trusted"), HasSubstr("No checkpoint of a trusted")));
}

TEST_P(AuditCheckTest, AFileThatWasNamedMustBeThere) {
  AuditSources sources = Sources();
  sources.files.push_back(place_.directory() + "/nowhere.jsonl");
  EXPECT_THAT(CheckAudit(*store_, sources, [](std::int64_t) {}), auth::HasCode(Code::kNotFound));
}

TEST_P(AuditCheckTest, ComparesNothingWhereRequestsAreNotAudited) {
  Tamper("DELETE FROM usage");
  AuditSources sources = Sources();
  sources.compares_usage = false;
  EXPECT_THAT(InWords(Check(sources)), AllOf(HasSubstr("No problem"), HasSubstr("auth.audit_requests is false")));
}

TEST_P(AuditCheckTest, NamesCheckpointsThatAreDamaged) {
  Tamper("UPDATE checkpoints SET line = 'nonsense'");
  EXPECT_THAT(InWords(Check()), HasSubstr("a checkpoint of the database is damaged"));
}

TEST_P(AuditCheckTest, TextsThatNoDatabaseHoldsInFullAreNoDifference) {
  auth::v1::Settlement odd = RequestOf(600);
  odd.set_model(std::string("a\0b\xff\xfe", 5) + "ü?");
  odd.set_session(std::string(5000, 's') + "\x01");
  Record(*store_, odd);
  EXPECT_EQ(Check().problems(), 0) << InWords(Check());
}

TEST_P(AuditCheckTest, ReadsMoreThanOnePageOfEach) {
  RecordMany(*store_, 1000, 7200);
  EXPECT_EQ(Check().requests, kRequests + 6201);
  Tamper("UPDATE usage SET cost_nano_usd = cost_nano_usd + 1 WHERE reservation_id IN ('rsv_1000', 'rsv_7200')");

  const AuditFindings found = Check();

  EXPECT_EQ(found.chain.records, kRequests + 1 + 6201);
  EXPECT_THAT(InWords(found),
              AllOf(HasSubstr("request rsv_1000:"), HasSubstr("request rsv_7200:"), HasSubstr("Problems found: 2.")));
}

auth::v1::Settlement WithContent(int number) {
  auth::v1::Settlement request = RequestOf(number);
  request.set_content("sealed " + std::to_string(number));
  return request;
}

TEST_P(AuditCheckTest, FindsContentThatWasChangedExchangedAddedOrRemoved) {
  for (int number = 100; number < 140; ++number) Record(*store_, WithContent(number));
  EXPECT_EQ(Check().problems(), 0) << InWords(Check());
  EXPECT_EQ(Check().contents, 40);
  const auto set = [&](const std::string& what, const std::string& id) {
    Tamper("UPDATE contents SET sealed = " + what + " WHERE reservation_id = '" + id + "'");
  };
  set("(SELECT sealed FROM contents WHERE reservation_id = 'rsv_102')", "rsv_101");
  set(GetParam() == Engine::kSqlite ? "x'00'" : "decode('00', 'hex')", "rsv_103");
  Tamper("DELETE FROM contents WHERE reservation_id = 'rsv_104'");
  Tamper("INSERT INTO contents SELECT 'rsv_7', tenant, at, sealed FROM contents WHERE reservation_id = 'rsv_105'");

  EXPECT_THAT(InWords(Check()),
              AllOf(HasSubstr("request rsv_101: its sealed content was changed, or exchanged"),
                    HasSubstr("request rsv_103: its sealed content was changed"),
                    HasSubstr("request rsv_104: its sealed content was removed before its time"),
                    HasSubstr("request rsv_7: its sealed content was added"), HasSubstr("Problems found: 4.")));
}

TEST_P(AuditCheckTest, LeavesAloneContentThatRetentionTookOut) {
  for (int number = 100; number < 110; ++number) Record(*store_, WithContent(number));
  Tamper("DELETE FROM contents WHERE at < 1800000105000000000");
  AuditSources sources = Sources();
  EXPECT_EQ(Check(sources).problems(), 5);

  sources.keeps_contents_since = auth::TimeOf(1'800'000'105'000'000'000);
  const AuditFindings found = Check(sources);

  EXPECT_EQ(found.problems(), 0) << InWords(found);
  EXPECT_EQ(found.contents, 5);
}

// Records a request of its own before each look at the table, as a server does beside a verification.
class BusyStore final : public auth::Store {
 public:
  explicit BusyStore(auth::Store& inner) : inner_(inner) {}
  bool shared() const override { return inner_.shared(); }
  Result<auth::Accounts> ReadAccounts() override { return inner_.ReadAccounts(); }
  Result<std::int64_t> AccountsVersion() override { return inner_.AccountsVersion(); }
  Result<std::vector<std::pair<auth::PoolId, std::int64_t>>> Recalls() override { return inner_.Recalls(); }
  Result<std::vector<std::optional<auth::Pool>>> PollPools(const std::vector<auth::PoolId>& pools) override {
    return inner_.PollPools(pools);
  }
  Result<std::vector<auth::Release>> Releases(const std::string& holder) override { return inner_.Releases(holder); }
  Result<std::vector<auth::v1::Settlement>> Usage(const auth::v1::ListUsageRequest& request) override {
    Record(inner_, RequestOf(number_++));
    return inner_.Usage(request);
  }
  Result<auth::v1::SumUsageResponse> SumUsage(const auth::v1::SumUsageRequest& request) override {
    return inner_.SumUsage(request);
  }
  Result<std::vector<auth::v1::AuditRecord>> Audit(const auth::v1::ListAuditRequest& request) override {
    return inner_.Audit(request);
  }
  Result<std::vector<std::string>> Checkpoints() override { return inner_.Checkpoints(); }
  Result<std::optional<auth::KeptContent>> FindContent(const std::string& id) override {
    return inner_.FindContent(id);
  }
  Result<std::vector<std::string>> ContentsOf(const std::string& id) override { return inner_.ContentsOf(id); }
  Result<std::vector<auth::KeptContent>> Contents(const std::string& after, int limit) override {
    Record(inner_, WithContent(number_++));
    return inner_.Contents(after, limit);
  }
  Result<std::optional<auth::Pool>> ReadPool(const auth::PoolId& pool) override { return inner_.ReadPool(pool); }
  Result<std::int64_t> Spent(const std::string& tenant, const std::string& user, const std::string& key,
                             auth::Time since, auth::Time until) override {
    return inner_.Spent(tenant, user, key, since, until);
  }
  void Write(std::function<Status(auth::Changes&)> job, std::function<void(Status)> done) override {
    inner_.Write(std::move(job), std::move(done));
  }

 private:
  auth::Store& inner_;
  int number_ = 10'000;
};

TEST_P(AuditCheckTest, WhatAServerRecordsMeanwhileIsNoProblem) {
  BusyStore busy(*store_);
  EXPECT_EQ(Check(busy, Sources()).problems(), 0) << InWords(Check(busy, Sources()));
}

TEST_P(AuditCheckTest, WhatAServerRecordsMeanwhileHidesNothing) {
  Tamper("UPDATE usage SET cost_nano_usd = 1 WHERE reservation_id = 'rsv_7'");
  BusyStore busy(*store_);
  EXPECT_THAT(InWords(Check(busy, Sources())), AllOf(HasSubstr("request rsv_7"), HasSubstr("Problems found: 1.")));
}

TEST(ExportLine, HoldsTheBodyByteForByte) {
  auth::v1::AuditRecord record;
  record.set_chain("main");
  record.set_sequence(3);
  record.set_body("{\"v\":1, \"a\":\"\\u00fc\"}");
  record.set_hash("\x01\xff");
  EXPECT_EQ(auth::audit::ToExportLine(record),
            "{\"chain\":\"main\",\"sequence\":3,\"hash\":\"01ff\",\"body\":{\"v\":1, \"a\":\"\\u00fc\"}}");

  record.set_body("{\"v\":1}\n{\"forged\":true}");
  EXPECT_THAT(auth::audit::ToExportLine(record), HasSubstr("\"body\":\"{\\\"v\\\":1}\\n{"));
}

}  // namespace
}  // namespace wayleave::deploy
