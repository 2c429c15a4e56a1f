#include "gateway/settler.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/log/log.h"

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kBatch = 256;
constexpr milliseconds kInterval = 200ms;
constexpr milliseconds kCallTime = 3s;
constexpr milliseconds kFirstPause = 100ms;
constexpr milliseconds kLongestPause = 1s;
constexpr milliseconds kPauseWhenStopping = 20ms;

constexpr char kErrors[] = "wayleave_gateway_journal_errors_total";
constexpr char kErrorsHelp[] = "Failures of the usage journal, by what was tried.";

const std::vector<double> kBatchSizes = {1, 2, 4, 8, 16, 32, 64, 128, 256};

Task<void> Settle(AuthPort& auth, const auth::v1::SettleRequest& request, const rpc::CallContext& context,
                  Status& outcome) {
  Result<auth::v1::SettleResponse> response = co_await auth.Settle(request, context);
  if (!response) outcome = std::move(response).error();
}

double AgeSeconds(std::int64_t written_at) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::max(0.0, std::chrono::duration<double>(now - std::chrono::nanoseconds(written_at)).count());
}

}  // namespace

Settler::Settler(JournalLog& log, AuthPort& auth, Worker& worker, metrics::Registry& registry)
    : log_(log),
      auth_(auth),
      worker_(worker),
      lag_(registry.Gauge("wayleave_gateway_journal_settle_lag_seconds",
                          "Age of the oldest usage record that auth-service does not have.")),
      settle_errors_(registry.Counter(kErrors, kErrorsHelp, {{"operation", "settle"}})),
      refused_(registry.Counter(kErrors, kErrorsHelp, {{"operation", "refused"}})),
      batch_size_(registry.Histogram("wayleave_gateway_settle_batch_size", "Usage records in one call of Settle.", {},
                                     kBatchSizes)),
      settle_seconds_(registry.Histogram("wayleave_gateway_settle_seconds", "Time of one call of Settle.", {},
                                         metrics::kDiskSeconds)),
      thread_([this] { Run(); }) {}

Settler::~Settler() { Stop(0ms); }

void Settler::Notify(std::int64_t pending) {
  if (pending == static_cast<std::int64_t>(kBatch)) wake_.notify_one();
}

void Settler::Stop(milliseconds grace) {
  {
    std::lock_guard lock(mutex_);
    if (!stopping_) give_up_ = Clock::now() + grace;
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Settler::Run() {
  pthread_setname_np(pthread_self(), "settler");
  Advance();
  while (Wait()) Advance();
}

bool Settler::Wait() {
  std::unique_lock lock(mutex_);
  const auto stopping = [this] { return stopping_; };
  if (stopping_) {
    if (log_.pending() == 0) return false;
    wake_.wait_until(lock, std::min(give_up_, Clock::now() + std::max(back_off_, kPauseWhenStopping)));
    return Clock::now() < give_up_;
  }
  if (back_off_ > 0ms) {
    wake_.wait_for(lock, back_off_, stopping);
    return true;
  }
  // Company is worth a short wait; a full batch or the end is not kept waiting.
  wake_.wait_for(lock, kInterval, [this] { return stopping_ || log_.pending() >= static_cast<std::int64_t>(kBatch); });
  return true;
}

void Settler::Advance() {
  while (TimeLeft() > 0ms) {
    const Result<JournalLog::Batch> batch = log_.Read(one_by_one_ > 0 ? 1 : kBatch);
    if (!batch) return Failed(batch.error());
    if (batch->damaged) log::Error("journal.damaged", {{"segment", batch->end.segment}});
    if (!batch->settlements.empty()) lag_.Set(AgeSeconds(batch->oldest));
    if (!SettleOne(*batch)) return;
  }
}

bool Settler::SettleOne(const JournalLog::Batch& batch) {
  if (batch.settlements.empty()) {
    Acknowledge(batch);
    return batch.moved;
  }
  const Status sent = Send(batch);
  if (!sent && sent.error().code == Code::kInvalidArgument) {
    Refused(batch, sent.error());
    return true;
  }
  if (!sent) {
    Failed(sent.error());
    return false;
  }
  Succeeded();
  Acknowledge(batch);
  if (one_by_one_ > 0) --one_by_one_;
  return one_by_one_ > 0 || batch.settlements.size() == kBatch || batch.more;
}

Status Settler::Send(const JournalLog::Batch& batch) {
  auth::v1::SettleRequest request;
  for (const auth::v1::Settlement& settlement : batch.settlements) *request.add_settlements() = settlement;
  rpc::CallContext context;
  context.deadline = std::chrono::system_clock::now() + std::min(kCallTime, TimeLeft());
  Status outcome;
  const auto start = Clock::now();
  RunOn(worker_, [&] { return Settle(auth_, request, context, outcome); });
  batch_size_.Observe(static_cast<double>(batch.settlements.size()));
  settle_seconds_.Observe(std::chrono::duration<double>(Clock::now() - start).count());
  return outcome;
}

void Settler::Acknowledge(const JournalLog::Batch& batch) {
  const Status saved = log_.Acknowledge(batch);
  if (!saved) log::Warning("journal.mark", {{"error", saved.error().message}});
  if (log_.pending() == 0) lag_.Set(0);
}

void Settler::Refused(const JournalLog::Batch& batch, const Error& error) {
  if (batch.settlements.size() > 1) {
    one_by_one_ = batch.settlements.size();
    return;
  }
  refused_.Increment();
  log::Error("journal.refused",
             {{"reservation_id", batch.settlements[0].reservation_id()}, {"error", error.message}});
  Acknowledge(batch);
  if (one_by_one_ > 0) --one_by_one_;
}

void Settler::Failed(const Error& error) {
  settle_errors_.Increment();
  if (back_off_ == 0ms) log::Warning("journal.settle.failing", {{"error", error.message}});
  back_off_ = std::clamp(back_off_ * 2, kFirstPause, kLongestPause);
}

void Settler::Succeeded() {
  if (back_off_ > 0ms) log::Info("journal.settle.recovered");
  back_off_ = 0ms;
}

milliseconds Settler::TimeLeft() {
  std::lock_guard lock(mutex_);
  if (give_up_ == Clock::time_point::max()) return kCallTime;
  return std::chrono::duration_cast<milliseconds>(give_up_ - Clock::now());
}

}  // namespace wayleave::gateway
