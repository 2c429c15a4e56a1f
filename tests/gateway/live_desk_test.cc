#include "gateway/admin/live_desk.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/gateway/admin_fakes.h"

namespace wayleave::gateway {
namespace {

using ::testing::HasSubstr;

class FakeTargetsPort : public TargetsPort {
 public:
  Task<Result<router::v1::ListTargetsResponse>> ListTargets() override {
    if (failure) co_return *failure;
    co_return answer;
  }

  router::v1::ListTargetsResponse answer;
  std::optional<Error> failure;
};

class LiveDeskTest : public ::testing::Test {
 protected:
  LiveDeskTest() {
    router::v1::TargetState& sick = *targets_.answer.add_targets();
    sick.set_provider("p");
    sick.set_model("m");
    sick.set_circuit(router::v1::CIRCUIT_OPEN);
    sick.set_error("timeout");
    sick.set_failures(3);
    sick.mutable_wait()->set_seconds(2);
  }

  Result<v1::Health> Check() {
    std::optional<Result<v1::Health>> health;
    RunOn(workers_[0], [&] { return CheckInto(desk_, health); });
    return *std::move(health);
  }
  Result<v1::Live> Look() {
    std::optional<Result<v1::Live>> live;
    RunOn(workers_[0], [&] { return LookInto(desk_, live); });
    return *std::move(live);
  }
  static std::map<std::string, bool> ReadyIn(const v1::Health& health) {
    std::map<std::string, bool> ready;
    for (const v1::PartHealth& part : health.parts()) ready[part.name()] = part.ready();
    return ready;
  }

  FakeAdminPort admin_;
  FakeTargetsPort targets_;
  bool provider_ready_ = true;

 private:
  static Task<void> CheckInto(LiveDesk& desk, std::optional<Result<v1::Health>>& into) {
    const AdminCaller caller{kAdminKey, "req_1", "127.0.0.1"};
    auto health = co_await desk.Check(caller);
    into.emplace(std::move(health));
  }
  static Task<void> LookInto(LiveDesk& desk, std::optional<Result<v1::Live>>& into) {
    const AdminCaller caller{kAdminKey, "req_1", "127.0.0.1"};
    auto live = co_await desk.Look(caller);
    into.emplace(std::move(live));
  }
  LiveParts Parts() {
    LiveParts parts{"auth.corp:8791", "", ""};
    parts.provider_ready = [this] { return provider_ready_; };
    parts.unsettled = [] { return 7; };
    return parts;
  }

  WorkerPool workers_{1};
  Live live_{workers_};
  LiveDesk desk_{admin_, targets_, live_, Parts()};
};

TEST_F(LiveDeskTest, TellsAnOperatorOfEveryPartAndTarget) {
  const v1::Health health = Check().value();

  EXPECT_EQ(ReadyIn(health),
            (std::map<std::string, bool>{
                {"auth", true}, {"database", true}, {"gateway", true}, {"provider", true}, {"router", true}}));
  EXPECT_EQ(health.parts(1).detail(), "at auth.corp:8791");
  EXPECT_EQ(health.unsettled(), 7);
  ASSERT_EQ(health.targets_size(), 1);
  EXPECT_EQ(health.targets(0).circuit(), "open");
  EXPECT_EQ(health.targets(0).wait_ms(), 2000);
  EXPECT_EQ(health.targets(0).error(), "timeout");
}

TEST_F(LiveDeskTest, TellsAKeyOfOneTenantNothingOfTheHouse) {
  admin_.tenant = "research";

  const v1::Health health = Check().value();

  EXPECT_EQ(health.targets_size(), 0);
  EXPECT_EQ(health.parts_size(), 5);
  for (const v1::PartHealth& part : health.parts()) EXPECT_EQ(part.detail(), "");
  EXPECT_EQ(Look().value().tenant(), "research");
}

TEST_F(LiveDeskTest, SaysWhatIsAway) {
  targets_.failure = Error{Code::kUnavailable, "no connection", "", {}};
  provider_ready_ = false;

  const v1::Health health = Check().value();

  EXPECT_FALSE(ReadyIn(health)["router"]);
  EXPECT_FALSE(ReadyIn(health)["provider"]);
  EXPECT_TRUE(ReadyIn(health)["auth"]);
  EXPECT_THAT(health.parts(4).detail(), HasSubstr("is it running?"));
}

TEST_F(LiveDeskTest, AsksNobodyAnythingForAKeyThatMayNotLook) {
  admin_.failure = Error{Code::kPermissionDenied, "This key may not look.", "missing_scope", {}};

  EXPECT_EQ(Look().error().code, Code::kPermissionDenied);
  EXPECT_EQ(Check().error().code, Code::kPermissionDenied);
  EXPECT_TRUE(admin_.asked.empty());
}

}  // namespace
}  // namespace wayleave::gateway
