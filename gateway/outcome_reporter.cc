#include "gateway/outcome_reporter.h"

namespace wayleave::gateway {
namespace {
constexpr std::chrono::milliseconds kPatience{1000};
constexpr std::chrono::seconds kSuccessInterval{1};
constexpr std::size_t kMostTargets = 10'000;  // clients may make up names
}  // namespace

OutcomeReporter::OutcomeReporter(WorkerPool& workers, RouterPort& router, metrics::Registry& registry)
    : workers_(workers),
      router_(router),
      dropped_(registry.Counter("wayleave_gateway_outcome_reports_dropped_total",
                                "Reports to the router that were dropped because too many were under way.")) {
  for (int i = 0; i < workers.size(); ++i) under_way_.push_back(std::make_unique<TaskGroup>());
}

void OutcomeReporter::Report(router::v1::ReportOutcomeRequest report, bool decides) {
  if (!Due(report, decides)) return;
  TaskGroup& group = *under_way_[static_cast<std::size_t>(Worker::Current()->index())];
  if (group.running() >= kMostUnderWay) return dropped_.Increment();
  group.Spawn(Send(std::move(report)));
}

bool OutcomeReporter::Due(const router::v1::ReportOutcomeRequest& report, bool decides) {
  const auto now = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  if (last_success_.size() >= kMostTargets) last_success_.clear();
  auto& last = last_success_[report.provider() + "/" + report.model()];
  if (!report.ok()) {
    last = {};  // the next success is news
    return true;
  }
  if (!decides && now - last < kSuccessInterval) return false;
  last = now;
  return true;
}

Task<void> OutcomeReporter::Send(router::v1::ReportOutcomeRequest report) {
  const rpc::CallContext context = rpc::CallContext{}.Within(kPatience);
  const auto answer = co_await router_.ReportOutcome(report, context);
  if (!answer) dropped_.Increment();
}

void OutcomeReporter::Stop() {
  for (std::size_t i = 0; i < under_way_.size(); ++i) {
    RunOn(workers_[static_cast<int>(i)], [&] { return under_way_[i]->Empty(); });
  }
}

}  // namespace wayleave::gateway
