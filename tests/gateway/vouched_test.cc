#include "gateway/vouched.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

#include "base/async/worker.h"

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using Answer = Result<auth::v1::AuthenticateResponse>;

Answer JudgedBy(std::int64_t version) {
  auth::v1::AuthenticateResponse answer;
  answer.set_version(version);
  answer.mutable_max_age()->set_seconds(60);
  answer.mutable_principal()->set_key_id("key_" + std::to_string(version));
  return answer;
}

// Replicas of auth-service that are asked one after another.
class VouchedTest : public ::testing::Test {
 protected:
  Answer Ask(rpc::CallContext context = {}) {
    std::optional<Answer> answer;
    RunOn(workers_[0], [&] { return Into(&answer, context); });
    return std::move(*answer);
  }
  void Heard(std::int64_t version, bool drop_all = false) {
    auth::v1::WatchRevocationsResponse message;
    message.set_version(version);
    message.set_drop_all(drop_all);
    vouched_.cache().Heard(message, PrincipalCache::Clock::now());
  }

  WorkerPool workers_{1};
  std::vector<Answer> replicas_;
  std::size_t asked_ = 0;
  Vouched vouched_{[this](const auth::v1::AuthenticateRequest&, const rpc::CallContext&) { return Next(); }};

 private:
  Task<Answer> Next() { co_return replicas_[asked_++ % replicas_.size()]; }
  Task<void> Into(std::optional<Answer>* into, rpc::CallContext context) {
    auth::v1::AuthenticateRequest request;
    request.set_api_key("wl_1");
    into->emplace(co_await vouched_.Authenticate(request, context));
  }
};

TEST_F(VouchedTest, TakesTheFirstAnswerThatIsNotOlderThanWhatWasTold) {
  Heard(5, true);
  replicas_ = {JudgedBy(4), JudgedBy(5)};

  EXPECT_EQ(Ask()->principal().key_id(), "key_5");
  EXPECT_EQ(asked_, 2u);
  EXPECT_EQ(Ask()->principal().key_id(), "key_5");
  EXPECT_EQ(asked_, 2u) << "it was kept";
}

TEST_F(VouchedTest, KeepsNoOldAnswerThatIsNotTaken) {
  Heard(5, true);
  replicas_ = {JudgedBy(4)};

  const Answer refused = Ask();

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(refused.error().reason, "rights_outdated");
  const std::size_t asked = asked_;
  EXPECT_GT(asked, 1u);
  EXPECT_LT(asked, 10u);
  EXPECT_FALSE(Ask().ok());
  EXPECT_GT(asked_, asked);
}

// It noticed a change a little later than the others.
TEST_F(VouchedTest, WaitsForOneThatIsAMomentBehind) {
  Heard(5, true);
  replicas_ = {JudgedBy(4), JudgedBy(4), JudgedBy(4), JudgedBy(5)};

  EXPECT_TRUE(Ask().ok());
}

TEST_F(VouchedTest, ARefusalIsTakenAtOnceAndSoIsAnAnswerWithoutVersion) {
  Heard(5, true);
  replicas_ = {Error{Code::kUnauthenticated, "no"}, JudgedBy(0)};

  EXPECT_EQ(Ask().error().code, Code::kUnauthenticated);
  EXPECT_EQ(asked_, 1u);
  EXPECT_EQ(Ask()->principal().key_id(), "key_0");
}

TEST_F(VouchedTest, AsksNoLongerThanTheCallerWaits) {
  Heard(5, true);
  replicas_ = {JudgedBy(4)};
  rpc::CallContext context;
  context.deadline = std::chrono::system_clock::now();

  EXPECT_EQ(Ask(context).error().code, Code::kUnavailable);
  EXPECT_EQ(asked_, 1u);
}

}  // namespace
}  // namespace wayleave::gateway
