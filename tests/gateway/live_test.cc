#include "gateway/live/live.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "gateway/live/error_words.h"
#include "gateway/live/view.h"

namespace wayleave::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Clock = std::chrono::steady_clock;

const Clock::time_point kNow{std::chrono::seconds(10'005)};
constexpr std::int64_t kSecond = 10'005;
constexpr std::chrono::system_clock::time_point kDate{std::chrono::seconds(1'763'647'200)};

// A request that cost so much and was answered well.
Record Answered(const std::string& tenant, std::int64_t cost = 5) {
  Record record;
  record.arrived = kNow - std::chrono::milliseconds(1500);
  record.request_id = "req_" + tenant;
  record.tenant = tenant;
  record.user = "ann";
  record.key_id = "key_1";
  record.endpoint = "responses";
  record.model = "fast";
  record.status = 200;
  record.dispatched = record.arrived;
  auth::v1::Settlement& settlement = record.settlement.emplace();
  settlement.set_provider("p");
  settlement.set_upstream_model("m-" + tenant);
  settlement.set_outcome(auth::v1::OUTCOME_COMPLETED);
  settlement.mutable_usage()->set_input_tokens(10);
  settlement.mutable_usage()->set_output_tokens(20);
  settlement.set_cost_nano_usd(cost);
  return record;
}

Record Failed(const std::string& tenant, int status, const std::string& code) {
  Record record = Answered(tenant, 0);
  record.status = status;
  record.error_code = code;
  return record;
}

v1::Live ViewOf(const LiveShard& shard, const std::string& tenant = "") {
  LiveView view(tenant, kNow);
  view.Add(shard);
  return view.Take();
}

std::vector<std::string> NamesOf(const google::protobuf::RepeatedPtrField<v1::LiveGroup>& groups) {
  std::vector<std::string> names;
  for (const v1::LiveGroup& group : groups) names.push_back(group.name());
  return names;
}

TEST(CountRing, ForgetsWhatIsOlderThanItself) {
  CountRing ring(3, 10);
  ring.Add(100, {1});
  ring.Add(109, {1});
  ring.Add(110, {1});
  ring.Add(125, {5});

  EXPECT_EQ(ring.Sum(125, 1).requests, 5);
  EXPECT_EQ(ring.Sum(125, 3).requests, 8);
  EXPECT_EQ(ring.Sum(131, 3).requests, 6);
  EXPECT_EQ(ring.Sum(1000, 3).requests, 0);
  EXPECT_EQ(ring.All(125)[0].requests, 2);
  EXPECT_FALSE(ring.Idle(149));
  EXPECT_TRUE(ring.Idle(160));
}

TEST(CountTable, CountsNewNamesTogetherWhenItIsFull) {
  CountTable table(2);
  for (const char* name : {"a", "b", "c", "d", "a"}) table.Add(name, 100, {1});

  ASSERT_NE(table.Find("_other"), nullptr);
  EXPECT_EQ(table.Find("_other")->Sum(100, 1).requests, 2);
  EXPECT_EQ(table.Find("a")->Sum(100, 1).requests, 2);
  EXPECT_EQ(table.Find("c"), nullptr);
}

TEST(CountTable, MakesRoomWhereNothingHappensAnyMore) {
  CountTable table(2);
  table.Add("a", 100, {1});
  table.Add("b", 100, {1});

  table.Add("c", 2000, {1});

  EXPECT_EQ(table.Find("a"), nullptr);
  EXPECT_NE(table.Find("c"), nullptr);
  EXPECT_EQ(table.Find("_other"), nullptr);
}

TEST(LiveView, SumsWhatAllShardsCounted) {
  LiveShard one;
  LiveShard two;
  one.Ended(Answered("a"), kSecond, kDate);
  one.Ended(Answered("b", 9), kSecond - 100, kDate);
  two.Ended(Answered("a"), kSecond - 1, kDate);
  LiveView view("", kNow);
  view.Add(one);
  view.Add(two);

  const v1::Live live = view.Take();

  EXPECT_EQ(live.series().step_seconds(), 1);
  ASSERT_EQ(live.series().requests_size(), 600);
  EXPECT_EQ(live.series().requests(599), 1);
  EXPECT_EQ(live.series().requests(598), 1);
  EXPECT_EQ(live.series().cost_nano_usd(499), 9);
  EXPECT_THAT(NamesOf(live.tenants()), ElementsAre("a", "b"));
  EXPECT_EQ(live.tenants(0).ten_minutes().requests(), 2);
  EXPECT_EQ(live.tenants(0).ten_minutes().output_tokens(), 40);
  EXPECT_EQ(live.tenants(0).minute().cost_nano_usd(), 10);
  EXPECT_EQ(live.tenants(1).minute().requests(), 0);
  EXPECT_THAT(NamesOf(live.targets()), ElementsAre("p/m-a", "p/m-b"));
}

TEST(LiveView, ShowsAKeyOfOneTenantNothingOfOthers) {
  LiveShard shard;
  const Record own = Answered("a");
  const Record other = Answered("secretive");
  Record nobody;
  nobody.endpoint = "other";
  LiveNode nodes[] = {LiveNode(own), LiveNode(other), LiveNode(nobody)};
  for (LiveNode& node : nodes) shard.Enter(node);
  shard.Ended(own, kSecond, kDate);
  shard.Ended(other, kSecond, kDate);
  shard.Ended(Failed("secretive", 429, "rate_limit_exceeded"), kSecond, kDate);
  shard.Ended(Failed("", 401, "invalid_api_key"), kSecond, kDate);
  shard.Ended(Failed("a", 404, "model_not_found"), kSecond, kDate);

  const v1::Live live = ViewOf(shard, "a");

  EXPECT_THAT(live.ShortDebugString(), Not(HasSubstr("secretive")));
  EXPECT_EQ(live.in_flight(), 1);
  EXPECT_THAT(NamesOf(live.tenants()), ElementsAre("a"));
  EXPECT_EQ(live.targets_size() + live.codes_size(), 0);
  ASSERT_EQ(live.errors_size(), 1);
  EXPECT_EQ(live.errors(0).code(), "model_not_found");
  EXPECT_EQ(live.series().step_seconds(), 10);
  EXPECT_EQ(live.series().requests(59), 2);
  EXPECT_EQ(ViewOf(shard).in_flight(), 3);
  EXPECT_EQ(ViewOf(shard).errors_size(), 3);
}

// "_other" is a name that a tenant may have.
TEST(LiveView, GivesATenantOfThatNameNotWhatIsCountedTogether) {
  LiveShard shard;
  for (int i = 0; i < 200; ++i) shard.Ended(Answered("t" + std::to_string(i)), kSecond, kDate);

  EXPECT_EQ(ViewOf(shard, "_other").tenants_size(), 0);
  EXPECT_EQ(ViewOf(shard).tenants(0).name(), "_other");
}

TEST(LiveView, TellsThePhaseOfARequest) {
  LiveShard shard;
  Record record;
  record.arrived = kNow - std::chrono::seconds(2);
  LiveNode node(record);
  shard.Enter(node);
  const auto now = [&] { return ViewOf(shard).requests(0); };

  EXPECT_EQ(now().phase(), "authenticating");
  record.tenant = "a";
  EXPECT_EQ(now().phase(), "admitting");
  EXPECT_EQ(now().target(), "");
  record.settlement.emplace().set_provider("p");
  record.settlement->set_upstream_model("m");
  record.dispatched = kNow;
  EXPECT_EQ(now().phase(), "waiting");
  EXPECT_EQ(now().target(), "p/m");
  record.first_event = kNow;
  record.output_bytes = 400;
  EXPECT_EQ(now().phase(), "answering");
  EXPECT_EQ(now().output_tokens(), 100);
  EXPECT_EQ(now().age_ms(), 2000);
}

TEST(LiveView, ListsTheLongestRequestsAndCountsAll) {
  LiveShard shard;
  std::deque<Record> records;
  std::deque<LiveNode> nodes;
  for (int i = 0; i < 300; ++i) {
    records.emplace_back().arrived = kNow - std::chrono::milliseconds(300 - i);
    shard.Enter(nodes.emplace_back(records.back()));
  }

  const v1::Live live = ViewOf(shard);

  EXPECT_EQ(live.in_flight(), 300);
  ASSERT_EQ(live.requests_size(), 200);
  EXPECT_EQ(live.requests(0).age_ms(), 300);
  EXPECT_EQ(live.requests(199).age_ms(), 101);
}

TEST(LiveShard, KeepsTheLatestErrors) {
  LiveShard shard;
  for (int i = 0; i < 150; ++i) {
    Record record = Failed("a", 503, "server_error");
    record.request_id = std::to_string(i);
    shard.Ended(record, kSecond, kDate + std::chrono::seconds(i));
  }

  const v1::Live live = ViewOf(shard);

  ASSERT_EQ(live.errors_size(), 100);
  EXPECT_EQ(live.errors(0).request_id(), "149");
  EXPECT_EQ(live.errors(99).request_id(), "50");
  EXPECT_EQ(live.codes(0).ten_minutes().errors(), 150);
}

TEST(LiveShard, BlamesNobodyForAClientThatLeft) {
  LiveShard shard;
  shard.Ended(Failed("a", 499, ""), kSecond, kDate);
  Record cancelled = Failed("a", 200, "server_error");
  cancelled.settlement->set_outcome(auth::v1::OUTCOME_CANCELLED);
  shard.Ended(cancelled, kSecond, kDate);

  EXPECT_EQ(ViewOf(shard).errors_size(), 0);
  EXPECT_EQ(ViewOf(shard).series().requests(599), 2);
  EXPECT_EQ(ViewOf(shard).series().errors(599), 0);
}

TEST(LiveShard, CountsAStreamThatFailedAfterItBegan) {
  LiveShard shard;
  shard.Ended(Failed("a", 200, "upstream_timeout"), kSecond, kDate);

  ASSERT_EQ(ViewOf(shard).errors_size(), 1);
  EXPECT_EQ(ViewOf(shard).errors(0).status(), 200);
}

TEST(LiveShard, ShowsNoMoreOfAClientsTextThanAName) {
  LiveShard shard;
  Record record = Failed("a", 404, "my secret prompt: <script>");
  record.model = std::string(127, 'x') + "äöü and a whole prompt";
  shard.Ended(record, kSecond, kDate);

  const v1::LiveError error = ViewOf(shard).errors(0);

  EXPECT_EQ(error.code(), "other");
  EXPECT_EQ(error.model(), std::string(127, 'x'));
  EXPECT_THAT(error.message(), Not(HasSubstr("secret")));
}

TEST(ErrorWords, SayWhatToDoForEveryStatus) {
  for (const int status : {200, 400, 401, 403, 404, 429, 500, 503, 504}) EXPECT_FALSE(WordsFor("", status).empty());
  EXPECT_THAT(std::string(WordsFor("no_healthy_target", 503)), HasSubstr("health"));
  EXPECT_EQ(ShownCode("", 413), "status_413");
  EXPECT_EQ(ShownCode("rate_limit_exceeded", 429), "rate_limit_exceeded");
}

Task<void> LookInto(Live& live, v1::Live& into) { into = co_await live.Look(""); }

Task<void> Arrive(Live& live, const Record& record, std::optional<Live::Visit>& visit) {
  visit.emplace(live, record);
  co_return;
}

Task<void> Leave(std::optional<Live::Visit>& visit, bool complete) {
  if (complete) visit->Ended(Clock::now());
  visit.reset();
  co_return;
}

TEST(Live, LooksAtEveryWorkerAndForgetsVisitsThatEnd) {
  WorkerPool workers(3);
  Live live(workers);
  Record record = Answered("a");
  std::optional<Live::Visit> visits[3];
  for (int i = 0; i < 3; ++i) RunOn(workers[i], [&] { return Arrive(live, record, visits[i]); });
  v1::Live before;
  RunOn(workers[1], [&] { return LookInto(live, before); });
  for (int i = 0; i < 3; ++i) RunOn(workers[i], [&] { return Leave(visits[i], i > 0); });
  v1::Live after;
  RunOn(workers[2], [&] { return LookInto(live, after); });

  EXPECT_EQ(before.in_flight(), 3);
  EXPECT_EQ(before.tenants_size(), 0);
  EXPECT_EQ(after.in_flight(), 0);
  ASSERT_EQ(after.tenants_size(), 1);
  EXPECT_EQ(after.tenants(0).ten_minutes().requests(), 2);
  EXPECT_EQ(after.instance(), live.instance());
}

}  // namespace
}  // namespace wayleave::gateway
