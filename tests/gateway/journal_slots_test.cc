#include "gateway/journal_slots.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <thread>

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using auth::v1::Settlement;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string pattern = testing::TempDir() + "slotsXXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Remembers what is settled, in what outcome.
class Books final : public AuthPort {
 public:
  Task<Result<auth::v1::AuthenticateResponse>> Authenticate(const auth::v1::AuthenticateRequest&,
                                                            const rpc::CallContext&) override {
    co_return Error{Code::kUnimplemented, ""};
  }
  Task<Result<auth::v1::ReserveResponse>> Reserve(const auth::v1::ReserveRequest&, const rpc::CallContext&) override {
    co_return Error{Code::kUnimplemented, ""};
  }
  Task<Status> Vacate(const auth::v1::VacateRequest&, const rpc::CallContext&) override {
    co_return Error{Code::kUnimplemented, ""};
  }
  Task<Result<auth::v1::SettleResponse>> Settle(const auth::v1::SettleRequest& request,
                                                const rpc::CallContext&) override {
    std::lock_guard lock(mutex_);
    for (const Settlement& settlement : request.settlements()) {
      lines_.push_back(settlement.reservation_id() + " " + auth::v1::Outcome_Name(settlement.outcome()));
    }
    co_return auth::v1::SettleResponse();
  }
  std::vector<std::string> lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

Settlement Draft(const std::string& id) {
  Settlement settlement;
  settlement.set_reservation_id(id);
  return settlement;
}

Settlement Closed(const std::string& id) {
  Settlement settlement = Draft(id);
  settlement.set_outcome(auth::v1::OUTCOME_COMPLETED);
  return settlement;
}

class JournalSlotsTest : public ::testing::Test {
 protected:
  // A gateway, as far as its journal is concerned.
  std::unique_ptr<Journal> Begin(bool shared = true) {
    JournalConfig config;
    config.directory = folder_.path();
    config.shared = shared;
    registries_.push_back(std::make_unique<metrics::Registry>("test"));
    auto journal = Journal::Recover(config, *registries_.back());
    return journal ? std::move(*journal) : nullptr;
  }
  bool Eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (!condition() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(2ms);
    return condition();
  }
  bool Holds(const std::string& name) const { return fs::exists(folder_.path() + "/" + name); }

  Folder folder_;
  std::vector<std::unique_ptr<metrics::Registry>> registries_;
  Books books_;
  WorkerPool workers_{1};
};

TEST_F(JournalSlotsTest, EachOfThoseSideBySideHasItsOwn) {
  const auto first = Begin();
  const auto second = Begin();
  const auto third = Begin();

  EXPECT_TRUE(first && second && third);
  EXPECT_TRUE(Holds("2/lock") && Holds("3/lock"));
  EXPECT_FALSE(Holds("4"));
}

TEST_F(JournalSlotsTest, ASlotThatIsFreeAgainIsTaken) {
  auto first = Begin();
  const auto second = Begin();
  first.reset();

  const auto third = Begin();

  EXPECT_TRUE(third);
  EXPECT_FALSE(Holds("3"));
}

TEST_F(JournalSlotsTest, WhoDoesNotShareIsAlone) {
  const auto first = Begin(false);

  EXPECT_FALSE(Begin(false));
}

TEST_F(JournalSlotsTest, NineAreTooMany) {
  std::vector<std::unique_ptr<Journal>> eight;
  for (int n = 0; n < 8; ++n) eight.push_back(Begin());

  EXPECT_TRUE(eight.back());
  EXPECT_FALSE(Begin());
}

TEST_F(JournalSlotsTest, WhatOneThatIsGoneHasLeftIsSettledByAnother) {
  auto gone = Begin();
  gone->Open(Draft("open"));
  gone->Open(Draft("closed"));
  gone->Close(Closed("closed"));
  const auto other = Begin();
  gone.reset();

  other->StartSettling(books_, workers_[0]);

  EXPECT_TRUE(Eventually([this] { return books_.lines().size() >= 2; }));
  EXPECT_THAT(books_.lines(), UnorderedElementsAre("closed OUTCOME_COMPLETED", "open OUTCOME_INTERRUPTED"));
  other->Stop(0ms);
}

TEST_F(JournalSlotsTest, WhatALivingOneHoldsIsLeftAlone) {
  const auto living = Begin();
  living->Open(Draft("open"));
  const auto other = Begin();
  other->Open(Draft("own"));
  other->Close(Closed("own"));

  other->StartSettling(books_, workers_[0]);

  EXPECT_TRUE(Eventually([this] { return !books_.lines().empty(); }));
  other->Stop(3000ms);
  EXPECT_THAT(books_.lines(), ElementsAre("own OUTCOME_COMPLETED"));
}

}  // namespace
}  // namespace wayleave::gateway
