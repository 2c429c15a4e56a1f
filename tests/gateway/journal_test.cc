#include "gateway/journal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "auth-service/core.h"
#include "auth-service/store/sqlite.h"

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using auth::v1::Settlement;
namespace fs = std::filesystem;

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = testing::TempDir() + "journalXXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TempDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

Settlement Draft(const std::string& id) {
  Settlement settlement;
  settlement.set_reservation_id(id);
  settlement.set_request_id("req_" + id);
  settlement.set_tenant("default");
  settlement.set_model("gpt-oss:20b");
  settlement.mutable_usage()->set_input_tokens(1000);
  return settlement;
}

Settlement Closed(const std::string& id) {
  Settlement settlement = Draft(id);
  settlement.set_outcome(auth::v1::OUTCOME_COMPLETED);
  settlement.mutable_usage()->set_output_tokens(50);
  settlement.set_cost_nano_usd(12345);
  return settlement;
}

template <class Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);  // between looks; the condition decides
  }
  return true;
}

// Remembers what is settled, and can be away, or refuse a record.
class FakeAuth final : public AuthPort {
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
    ++calls;
    co_return Take(request);
  }

  std::vector<Settlement> taken() const {
    std::lock_guard lock(mutex_);
    return taken_;
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const Settlement& settlement : taken()) ids.push_back(settlement.reservation_id());
    return ids;
  }
  // Bytes of content, of all of them.
  std::size_t contents() const {
    std::size_t bytes = 0;
    for (const Settlement& settlement : taken()) bytes += settlement.content().size();
    return bytes;
  }

  std::atomic<bool> away{false};
  std::atomic<int> calls{0};
  std::atomic<int> largest{0};
  std::atomic<int> largest_bytes{0};
  std::string refused;

 private:
  Result<auth::v1::SettleResponse> Take(const auth::v1::SettleRequest& request) {
    if (away) return Error{Code::kUnavailable, "auth-service is away"};
    std::lock_guard lock(mutex_);
    for (const Settlement& settlement : request.settlements()) {
      if (settlement.reservation_id() == refused) return Error{Code::kInvalidArgument, "what is this?"};
    }
    taken_.insert(taken_.end(), request.settlements().begin(), request.settlements().end());
    largest = std::max<int>(largest, request.settlements_size());
    largest_bytes = std::max(largest_bytes.load(), static_cast<int>(request.ByteSizeLong()));
    return auth::v1::SettleResponse();
  }

  mutable std::mutex mutex_;
  std::vector<Settlement> taken_;
};

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    config_.directory = directory_ / "journal";
    worker_.Start();
  }
  std::unique_ptr<Journal> Recover() {
    auto journal = Journal::Recover(config_, registry_);
    if (!journal) throw std::runtime_error(journal.error().message);
    return std::move(*journal);
  }
  // A gateway's life: recovers, settles everything, stops.
  void SettleAll() {
    const auto journal = Recover();
    journal->StartSettling(auth_, worker_);
    journal->Stop(20s);
    EXPECT_EQ(journal->pending(), 0);
  }
  std::vector<fs::path> Segments() const {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(config_.directory)) {
      if (entry.path().extension() == ".log") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  bool Shows(const std::string& line) { return registry_.Render().find(line + "\n") != std::string::npos; }

  TempDirectory directory_;
  JournalConfig config_;
  metrics::Registry registry_{"test"};
  Worker worker_;
  FakeAuth auth_;
};

TEST(JournalRecord, GoesThereAndBack) {
  const std::string bytes = Encode(JournalRecord::Kind::kClose, 42, Closed("r1")) +
                            Encode(JournalRecord::Kind::kOpen, 43, Draft("r2"));
  std::string_view rest = bytes;
  JournalRecord first, second, third;

  ASSERT_TRUE(Decode(rest, first));
  ASSERT_TRUE(Decode(rest, second));

  EXPECT_EQ(first.kind, JournalRecord::Kind::kClose);
  EXPECT_EQ(first.written_at, 42);
  EXPECT_EQ(first.settlement.DebugString(), Closed("r1").DebugString());
  EXPECT_EQ(second.kind, JournalRecord::Kind::kOpen);
  EXPECT_FALSE(Decode(rest, third));
}

TEST(JournalRecord, IsRefusedWhenCutOffOrChangedAnywhere) {
  const std::string whole = Encode(JournalRecord::Kind::kClose, 42, Closed("r1"));
  JournalRecord record;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string_view cut = std::string_view(whole).substr(0, size);
    EXPECT_FALSE(Decode(cut, record)) << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    std::string_view view = changed;
    EXPECT_FALSE(Decode(view, record)) << at;
  }
  const std::string zeros(4096, '\0');
  std::string_view nothing = zeros;
  EXPECT_FALSE(Decode(nothing, record));
}

TEST(JournalRecord, CanAlwaysBeReadBackWhateverAClientSent) {
  const std::string valid[] = {"plain", "gr\xc3\xbc\xc3\x9f \xe2\x98\x83 \xf0\x9f\x98\x80"};
  for (const std::string& text : valid) {
    Settlement settlement = Closed("r1");
    settlement.set_model(text);
    const std::string bytes = Encode(JournalRecord::Kind::kClose, 1, settlement);
    std::string_view view = bytes;
    JournalRecord record;
    ASSERT_TRUE(Decode(view, record));
    EXPECT_EQ(record.settlement.model(), text);
  }
  const std::string broken[] = {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x98",
                                std::string(100'000, 'x'), std::string(4095, 'x') + "\xc3\xbc"};
  for (const std::string& text : broken) {
    Settlement settlement = Closed("r1");
    settlement.set_model(text);
    const std::string bytes = Encode(JournalRecord::Kind::kClose, 1, settlement);
    std::string_view view = bytes;
    JournalRecord record;
    ASSERT_TRUE(Decode(view, record)) << text.substr(0, 10);
    EXPECT_LE(record.settlement.model().size(), 4096u);
    EXPECT_EQ(record.settlement.reservation_id(), "r1");
  }
}

TEST(JournalRecord, CarriesTheFactsOfADecisionIfTheyAreNotTooLong) {
  for (const std::size_t size : {std::size_t{16} << 10, (std::size_t{16} << 10) + 1}) {
    Settlement settlement = Closed("r1");
    settlement.set_route_facts(std::string(size, '\xff'));
    const std::string bytes = Encode(JournalRecord::Kind::kClose, 1, settlement);
    std::string_view view = bytes;
    JournalRecord record;
    ASSERT_TRUE(Decode(view, record));
    EXPECT_EQ(record.settlement.route_facts().size(), size > (16 << 10) ? 0 : size);
    EXPECT_EQ(record.settlement.reservation_id(), "r1");
  }
}

TEST(JournalRecord, CarriesContentIfItIsNotTooLong) {
  for (const std::size_t size : {kMaxJournaledContent, kMaxJournaledContent + 1}) {
    Settlement settlement = Closed("r1");
    settlement.set_content(std::string(size, '\xff'));
    const std::string bytes = Encode(JournalRecord::Kind::kClose, 1, settlement);
    std::string_view rest = bytes;
    JournalRecord record;
    ASSERT_TRUE(Decode(rest, record));
    EXPECT_LE(bytes.size(), kMaxRecordBytes);
    EXPECT_EQ(record.settlement.content().size(), size > kMaxJournaledContent ? 0 : size);
  }
}

Settlement WithContent(const std::string& id, std::size_t bytes) {
  Settlement settlement = Closed(id);
  settlement.set_content(std::string(bytes, 'c'));
  return settlement;
}

TEST_F(JournalTest, SettlesContentInBatchesOfBoundedBytes) {
  const auto journal = Recover();
  for (int i = 0; i < 40; ++i) {
    journal->Open(Draft(std::to_string(i)));
    journal->Close(WithContent(std::to_string(i), i % 20 == 0 ? kMaxJournaledContent : 200'000));
  }

  journal->StartSettling(auth_, worker_);
  journal->Stop(20s);

  EXPECT_EQ(journal->pending(), 0);
  EXPECT_EQ(auth_.ids().size(), 40u);
  EXPECT_LE(auth_.largest_bytes, static_cast<int>(kMaxRecordBytes));
  EXPECT_GE(auth_.largest, 3);  // what is small goes together
}

TEST_F(JournalTest, KeepsContentOverARestart) {
  {
    const auto journal = Recover();
    journal->Open(Draft("r1"));
    journal->Close(WithContent("r1", 300'000));
  }
  SettleAll();
  EXPECT_EQ(auth_.contents(), 300'000u);
}

TEST_F(JournalTest, SettlesWhatWasClosedInOrderOnce) {
  const auto journal = Recover();
  journal->StartSettling(auth_, worker_);
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.push_back("r" + std::to_string(i));
    EXPECT_TRUE(journal->Open(Draft(ids.back())));
    EXPECT_TRUE(journal->Close(Closed(ids.back())));
  }

  journal->Stop(20s);

  EXPECT_EQ(auth_.ids(), ids);
  EXPECT_EQ(auth_.taken()[7].DebugString(), Closed("r7").DebugString());
  EXPECT_LE(auth_.largest, 256);
  EXPECT_TRUE(Shows("wayleave_gateway_journal_pending 0"));
  EXPECT_TRUE(Shows("wayleave_gateway_journal_settle_lag_seconds 0"));
}

TEST_F(JournalTest, SettlesALoneRecordSoonWithoutBeingAsked) {
  const auto journal = Recover();
  journal->StartSettling(auth_, worker_);

  journal->Open(Draft("r1"));
  journal->Close(Closed("r1"));

  EXPECT_TRUE(Eventually([&] { return auth_.ids() == std::vector<std::string>{"r1"}; }));
}

TEST_F(JournalTest, TakesRecordsFromManyThreads) {
  const auto journal = Recover();
  journal->StartSettling(auth_, worker_);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&journal, t] {
      for (int i = 0; i < 1000; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        journal->Open(Draft(id));
        journal->Close(Closed(id));
      }
    });
  }
  for (auto& thread : threads) thread.join();

  journal->Stop(20s);

  const auto ids = auth_.ids();
  EXPECT_EQ(ids.size(), 4000u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 4000u);
}

TEST_F(JournalTest, KeepsRecordsOverARestartUntilTheyAreSettled) {
  Recover()->Close(Closed("r1"));
  Recover()->Close(Closed("r2"));

  SettleAll();
  SettleAll();

  EXPECT_THAT(auth_.ids(), testing::ElementsAre("r1", "r2"));
  EXPECT_EQ(Segments().size(), 1u);
}

TEST_F(JournalTest, SettlesWhatAKilledProcessLeftOpenOnceAsInterrupted) {
  {
    const auto journal = Recover();
    journal->Open(Draft("open"));
    journal->Open(Draft("closed"));
    journal->Close(Closed("closed"));
  }

  SettleAll();
  SettleAll();

  const auto taken = auth_.taken();
  ASSERT_THAT(auth_.ids(), testing::ElementsAre("closed", "open"));
  EXPECT_EQ(taken[1].outcome(), auth::v1::OUTCOME_INTERRUPTED);
  EXPECT_TRUE(taken[1].estimated());
  EXPECT_EQ(taken[1].usage().input_tokens(), 1000);
}

TEST_F(JournalTest, CutsOffATornRecordWhereverItWasTorn) {
  const std::string torn = Encode(JournalRecord::Kind::kClose, 1, Closed("torn"));
  for (std::size_t size = 1; size < torn.size(); size += 7) {
    const std::string id = "r" + std::to_string(size);
    Recover()->Close(Closed(id));
    std::ofstream(Segments().back(), std::ios::app | std::ios::binary) << torn.substr(0, size);

    SettleAll();

    EXPECT_EQ(auth_.ids().back(), id);
  }
  EXPECT_THAT(auth_.ids(), testing::Not(testing::Contains("torn")));
}

TEST_F(JournalTest, GoesOnAfterADamagedFileAndKeepsItForPeople) {
  for (const char* id : {"r1", "r2", "r3"}) Recover()->Close(Closed(id));
  ASSERT_EQ(Segments().size(), 3u);
  std::fstream(Segments()[1], std::ios::in | std::ios::out | std::ios::binary).seekp(20) << "damage";

  SettleAll();

  EXPECT_THAT(auth_.ids(), testing::ElementsAre("r1", "r3"));
  int kept = 0;
  for (const auto& entry : fs::directory_iterator(config_.directory)) kept += entry.path().extension() == ".damaged";
  EXPECT_EQ(kept, 1);
}

TEST_F(JournalTest, SendsAgainRatherThanNeverWhenItsMarkIsLost) {
  Recover()->Close(Closed("r1"));
  {
    const auto journal = Recover();
    journal->Close(Closed("r2"));
    journal->Open(Draft("in flight"));  // keeps the file
    journal->StartSettling(auth_, worker_);
    journal->Stop(20s);
  }
  fs::remove(config_.directory + "/acknowledged");

  SettleAll();

  EXPECT_THAT(auth_.ids(), testing::ElementsAre("r1", "r2", "r2", "in flight"));
}

TEST_F(JournalTest, StartsNewFilesAndDeletesOldOnesWhenTheyAreSettled) {
  config_.segment_bytes = 4096;
  const auto journal = Recover();
  auth_.away = true;
  journal->StartSettling(auth_, worker_);
  journal->Open(Draft("long"));
  for (int i = 0; i < 500; ++i) {
    journal->Open(Draft(std::to_string(i)));
    journal->Close(Closed(std::to_string(i)));
  }
  EXPECT_GT(Segments().size(), 10u);
  for (const auto& path : Segments()) EXPECT_LE(fs::file_size(path), 4096u);

  auth_.away = false;
  EXPECT_TRUE(Eventually([&] { return journal->pending() == 0; }));
  EXPECT_GT(Segments().size(), 10u);  // the first one still tells of the long request

  journal->Close(Closed("long"));
  journal->Stop(20s);

  EXPECT_EQ(Segments().size(), 1u);
  EXPECT_EQ(auth_.ids().size(), 501u);
  EXPECT_EQ(auth_.ids().back(), "long");
}

TEST_F(JournalTest, WaitsForAuthToComeBackAndLosesNothing) {
  const auto journal = Recover();
  auth_.away = true;
  journal->StartSettling(auth_, worker_);
  for (int i = 0; i < 300; ++i) journal->Close(Closed(std::to_string(i)));
  ASSERT_TRUE(Eventually([&] { return auth_.calls >= 3; }));
  EXPECT_EQ(journal->pending(), 300);
  EXPECT_TRUE(Eventually([&] { return !Shows("wayleave_gateway_journal_settle_lag_seconds 0"); }));

  auth_.away = false;
  const auto back = std::chrono::steady_clock::now();
  EXPECT_TRUE(Eventually([&] { return journal->pending() == 0; }));

  EXPECT_LT(std::chrono::steady_clock::now() - back, 5s);
  EXPECT_EQ(auth_.ids().size(), 300u);
}

TEST_F(JournalTest, StopsInTimeWhileAuthIsAwayAndSettlesAfterTheNextStart) {
  auth_.away = true;
  {
    const auto journal = Recover();
    journal->StartSettling(auth_, worker_);
    journal->Close(Closed("r1"));
    const auto start = std::chrono::steady_clock::now();
    journal->Stop(300ms);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
    EXPECT_EQ(journal->pending(), 1);
  }
  auth_.away = false;

  SettleAll();

  EXPECT_THAT(auth_.ids(), testing::ElementsAre("r1"));
}

TEST_F(JournalTest, PassesOverTheRecordThatAuthRefusesAndOnlyThat) {
  auth_.refused = "bad";
  const auto journal = Recover();
  for (int i = 0; i < 300; ++i) journal->Close(Closed(i == 100 ? "bad" : std::to_string(i)));

  journal->StartSettling(auth_, worker_);
  journal->Stop(20s);

  EXPECT_EQ(auth_.ids().size(), 299u);
  EXPECT_EQ(journal->pending(), 0);
  EXPECT_TRUE(Shows("wayleave_gateway_journal_errors_total{operation=\"refused\"} 1"));
}

TEST_F(JournalTest, RefusesARecordWithoutAnId) {
  EXPECT_FALSE(Recover()->Close(Closed("")));
}

TEST_F(JournalTest, IsNotSharedByTwoGateways) {
  const auto journal = Recover();

  const auto second = Journal::Recover(config_, registry_);

  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(second.error().message, testing::HasSubstr("gateway.journal.dir"));
}

TEST_F(JournalTest, IsForItsOwnerAlone) {
  const auto journal = Recover();
  struct stat facts;
  ASSERT_EQ(stat(config_.directory.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  for (const auto& entry : fs::directory_iterator(config_.directory)) {
    ASSERT_EQ(stat(entry.path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u) << entry.path();
  }
}

// A limit on the size of files stands in for a disk that is full: write() fails in the same place.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

TEST_F(JournalTest, GoesOnWithAFullDiskAndWritesItsRecordsWhenThereIsSpace) {
  const auto journal = Recover();
  journal->StartSettling(auth_, worker_);
  int kept = 0;
  {
    FullDisk full(1000);
    for (int i = 0; i < 100; ++i) {
      journal->Open(Draft(std::to_string(i)));
      kept += !journal->Close(Closed(std::to_string(i)));
    }
  }
  EXPECT_GT(kept, 50);

  journal->Stop(20s);

  const auto ids = auth_.ids();
  EXPECT_EQ(ids.size(), 100u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 100u);
  EXPECT_FALSE(Shows("wayleave_gateway_journal_errors_total{operation=\"append\"} 0"));
  EXPECT_TRUE(Shows("wayleave_gateway_journal_errors_total{operation=\"lost\"} 0"));
}

TEST_F(JournalTest, WaitsForSpaceWithoutContentInMemory) {
  const auto journal = Recover();
  {
    FullDisk full(1000);
    EXPECT_FALSE(journal->Close(WithContent("r1", 300'000)));
  }
  journal->StartSettling(auth_, worker_);
  journal->Stop(20s);
  EXPECT_EQ(auth_.ids().size(), 1u);
  EXPECT_EQ(auth_.contents(), 0u);
}

// --- kill -9 -----------------------------------------------------------------------------------------------

// auth-service in this process, on its real store.
class CorePort final : public AuthPort {
 public:
  explicit CorePort(auth::Core& core) : core_(core) {}
  Task<Result<auth::v1::AuthenticateResponse>> Authenticate(const auth::v1::AuthenticateRequest& request,
                                                            const rpc::CallContext&) override {
    return core_.Authenticate(request);
  }
  Task<Result<auth::v1::ReserveResponse>> Reserve(const auth::v1::ReserveRequest& request,
                                                  const rpc::CallContext&) override {
    return core_.Reserve(request);
  }
  Task<Status> Vacate(const auth::v1::VacateRequest&, const rpc::CallContext&) override {
    co_return Error{Code::kUnimplemented, ""};
  }
  Task<Result<auth::v1::SettleResponse>> Settle(const auth::v1::SettleRequest& request,
                                                const rpc::CallContext&) override {
    return core_.Settle(request);
  }

 private:
  auth::Core& core_;
};

// What a process told about itself through a pipe, one line each, before it was killed.
struct Told {
  std::set<std::string> opened;
  std::set<std::string> closed;
};

constexpr std::size_t kLine = 24;

void Tell(int pipe_end, char what, const std::string& id) {
  std::string line = what + id;
  line.resize(kLine, ' ');
  if (write(pipe_end, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(9);
}

void Serve(Journal& journal, int pipe_end, const std::string& prefix) {
  for (int i = 0;; ++i) {
    const std::string id = prefix + std::to_string(i);
    if (!journal.Open(Draft(id))) _exit(8);
    Tell(pipe_end, 'o', id);
    if (i % 5 == 4) continue;  // still in flight when the end comes
    if (!journal.Close(Closed(id))) _exit(8);
    Tell(pipe_end, 'c', id);
  }
}

// A gateway with its auth-service, until somebody kills it.
[[noreturn]] void LiveUntilKilled(const JournalConfig& journal_config, const auth::Config& auth_config, int pipe_end,
                                  const std::string& prefix) {
  metrics::Registry registry("child");
  Worker worker;
  worker.Start();
  auto core = auth::Core::Open(auth_config, registry);
  auto journal = Journal::Recover(journal_config, registry);
  if (!core || !journal) _exit(7);
  CorePort port(**core);
  (*journal)->StartSettling(port, worker);
  std::thread other([&] { Serve(**journal, pipe_end, prefix + "a"); });
  Serve(**journal, pipe_end, prefix + "b");
  _exit(0);
}

void ReadAll(int pipe_end, std::string& into) {
  char buffer[65536];
  while (true) {
    const ssize_t got = read(pipe_end, buffer, sizeof(buffer));
    if (got <= 0) return;
    into.append(buffer, static_cast<std::size_t>(got));
  }
}

// Lets one live for a moment and kills it; false if it ended by itself.
bool KillOne(const JournalConfig& journal_config, const auth::Config& auth_config, const std::string& prefix,
             std::chrono::microseconds moment, Told& told) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    LiveUntilKilled(journal_config, auth_config, ends[1], prefix);
  }
  close(ends[1]);
  std::string lines(1, '\0');
  const bool started = read(ends[0], lines.data(), 1) == 1;
  std::thread reader([&] { ReadAll(ends[0], lines); });
  std::this_thread::sleep_for(moment);  // the kill may hit anywhere: what must hold, holds at every moment
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  reader.join();
  close(ends[0]);
  for (std::size_t at = 0; at + kLine <= lines.size(); at += kLine) {
    const std::string id = lines.substr(at + 1, lines.find(' ', at) - at - 1);
    (lines[at] == 'o' ? told.opened : told.closed).insert(id);
  }
  return started && WIFSIGNALED(status);
}

struct Recorded {
  std::int64_t outcome = 0;
  std::int64_t cost_nano_usd = 0;
};

std::map<std::string, Recorded> RecordedUsage(const auth::Config& config, std::size_t& rows) {
  std::map<std::string, Recorded> recorded;
  rows = 0;
  auto database = auth::OpenSqlite(config.state_dir + "/auth.db", auth::SqliteMode::kReadWrite).value();
  auto row = database.Prepare("SELECT reservation_id, outcome, cost_nano_usd FROM usage").value();
  for (; row.Step().value(); ++rows) recorded[row.TextAt(0)] = {row.IntegerAt(1), row.IntegerAt(2)};
  return recorded;
}

void SettleTheRest(const JournalConfig& journal_config, const auth::Config& auth_config) {
  metrics::Registry registry("parent");
  Worker worker;
  worker.Start();
  auto core = auth::Core::Open(auth_config, registry);
  ASSERT_TRUE(core.ok());
  auto journal = Journal::Recover(journal_config, registry);
  ASSERT_TRUE(journal.ok()) << journal.error().message;
  CorePort port(**core);
  (*journal)->StartSettling(port, worker);
  (*journal)->Stop(20s);
  ASSERT_EQ((*journal)->pending(), 0);
}

void ExpectAllOnce(const Told& told, const auth::Config& auth_config) {
  std::size_t rows = 0;
  const auto recorded = RecordedUsage(auth_config, rows);
  EXPECT_EQ(rows, recorded.size());
  for (const std::string& id : told.opened) EXPECT_EQ(recorded.count(id), 1u) << id << " is lost";
  for (const std::string& id : told.closed) {
    const auto found = recorded.find(id);
    if (found == recorded.end()) continue;
    EXPECT_EQ(found->second.outcome, auth::v1::OUTCOME_COMPLETED) << id;
    EXPECT_EQ(found->second.cost_nano_usd, 12345) << id;
  }
}

// Every round kills a gateway and its auth-service together at a random moment, on the state that the
// killed ones before left behind, and then settles the rest.
TEST(JournalKill9, LosesNothingAndChargesNothingTwice) {
  std::mt19937 random(20261122);
  int settled_by_the_killed = 0;
  for (int series = 0; series < 8; ++series) {
    // Later where the machine, or what the code is compiled with, is so slow that none of them has settled anything.
    std::uniform_int_distribution<int> moment(0, settled_by_the_killed > 0 ? 40'000 : 40'000 << series);
    TempDirectory directory;
    const JournalConfig journal_config{directory / "journal", 5ms, 65536};
    auth::Config auth_config;
    auth_config.state_dir = directory / "state";
    Told told;

    for (int round = 0; round < 4; ++round) {
      const std::chrono::microseconds time(moment(random));
      ASSERT_TRUE(KillOne(journal_config, auth_config, std::to_string(round), time, told));
    }
    std::size_t rows = 0;
    settled_by_the_killed += RecordedUsage(auth_config, rows).empty() ? 0 : 1;
    ASSERT_NO_FATAL_FAILURE(SettleTheRest(journal_config, auth_config));

    EXPECT_FALSE(told.closed.empty());
    ExpectAllOnce(told, auth_config);
  }
  EXPECT_GT(settled_by_the_killed, 0);  // or else the kills never met a settlement
}

}  // namespace
}  // namespace wayleave::gateway
