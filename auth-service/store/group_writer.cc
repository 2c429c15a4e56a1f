#include "auth-service/store/group_writer.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace wayleave::auth {
namespace {

constexpr std::size_t kMaxWaiting = 4096;
constexpr std::size_t kMaxBatch = 256;

const std::vector<double> kBatchSizes = {1, 2, 4, 8, 16, 32, 64, 128, 256};
const std::vector<double> kCommitSeconds = {0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5};

}  // namespace

GroupWriter::GroupWriter(Database& database, metrics::Registry& registry)
    : database_(database),
      queue_length_(registry.Gauge("wayleave_auth_writer_queue_length", "Changes that wait for the next commit.")),
      batch_size_(registry.Histogram("wayleave_auth_writer_batch_size", "Changes in one commit.", {}, kBatchSizes)),
      commit_seconds_(registry.Histogram("wayleave_auth_writer_commit_seconds", "Time of one commit, writes included.",
                                         {}, kCommitSeconds)),
      failures_(registry.Counter("wayleave_auth_writer_failures_total",
                                 "Commits that failed, with all the changes that were in them.")),
      thread_([this] { Run(); }) {}

GroupWriter::~GroupWriter() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

void GroupWriter::Add(Job job) {
  std::unique_lock lock(mutex_);
  if (queue_.size() < kMaxWaiting) {
    queue_.push_back(std::move(job));
    queue_length_.Set(static_cast<double>(queue_.size()));
    filled_.notify_one();
    return;
  }
  lock.unlock();
  job.done(Error{Code::kResourceExhausted, "too many changes wait to be written", "", std::chrono::seconds(1)});
}

void GroupWriter::Run() {
  pthread_setname_np(pthread_self(), "auth-writer");
  for (std::vector<Job> batch; Take(batch); batch.clear()) Commit(batch);
}

bool GroupWriter::Take(std::vector<Job>& batch) {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMaxBatch));
  batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  queue_length_.Set(static_cast<double>(queue_.size()));
  return !batch.empty();
}

void GroupWriter::Commit(std::vector<Job>& batch) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<Status> results(batch.size());
  const Status together = Apply(batch, results);
  if (!together) {
    failures_.Increment();
    database_.Rollback();
  }
  batch_size_.Observe(static_cast<double>(batch.size()));
  commit_seconds_.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(together ? results[i] : together);
}

Status GroupWriter::Apply(std::vector<Job>& batch, std::vector<Status>& results) {
  if (Status begun = database_.Begin(); !begun) return begun;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (Status intact = ApplyOne(batch[i], results[i]); !intact) return intact;
  }
  return database_.Execute("COMMIT");
}

// Some failures, a full disk for one, undo the whole transaction: then there is no savepoint left to return
// to, and everybody in the batch has failed.
Status GroupWriter::ApplyOne(Job& job, Status& result) {
  if (Status marked = database_.Execute("SAVEPOINT job"); !marked) return marked;
  result = job.write(database_);
  if (!result && !database_.Execute("ROLLBACK TO job")) return result;
  return database_.Execute("RELEASE job");
}

}  // namespace wayleave::auth
