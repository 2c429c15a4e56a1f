#include "gateway/ended_requests.h"

#include <utility>

#include "gateway/spans.h"

namespace wayleave::gateway {

EndedRequests::EndedRequests(WorkerPool& workers, Probe& probe, bool access_log)
    : workers_(workers), probe_(probe), access_log_(access_log), batches_(static_cast<std::size_t>(workers.size())) {
  for (Batch& batch : batches_) batch.reserve(kMost);
}

void EndedRequests::Take(Record record, std::chrono::steady_clock::time_point ended) {
  EndRequest(record);
  Worker* const worker = Worker::Current();
  Batch alone;
  Batch& batch = worker ? batches_[static_cast<std::size_t>(worker->index())] : alone;
  batch.push_back({std::move(record), ended});
  if (worker && batch.size() == 1) worker->Post([this, &batch] { TellOf(batch); });
  if (!worker || batch.size() == kMost) TellOf(batch);
}

void EndedRequests::TellOf(Batch& batch) {
  for (const Ended& ended : batch) probe_.Ended(ended.record, ended.at);
  if (access_log_) {
    for (const Ended& ended : batch) LogAccess(ended.record, ended.at);
  }
  batch.clear();
}

void EndedRequests::Stop() {
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    RunOn(workers_[static_cast<int>(i)], [&] { return TellRest(batches_[i]); });
  }
}

Task<void> EndedRequests::TellRest(Batch& batch) {
  TellOf(batch);
  co_return;
}

}  // namespace wayleave::gateway
