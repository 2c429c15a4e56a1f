#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "auth-service/store/sql.h"
#include "base/metrics/registry.h"

namespace wayleave::auth {

// Makes changes to a database one after another on a thread of its own, all that wait together in one
// transaction: under load the cost of a commit is shared, at rest nobody waits for company.
//
// Add() may be called on any thread. The database and what the jobs refer to must outlive the writer;
// destroying it first finishes the queue.
class GroupWriter {
 public:
  struct Job {
    // Runs within the transaction. A failure undoes this job alone.
    std::function<Status(Database&)> write;
    // Called once on the writer's thread: the change is on disk, or nothing of it is. Called at once, on
    // the caller's thread, when the queue is full.
    std::function<void(Status)> done;
  };

  GroupWriter(Database& database, metrics::Registry& registry);
  ~GroupWriter();

  void Add(Job job);

 private:
  void Run();
  bool Take(std::vector<Job>& batch);
  void Commit(std::vector<Job>& batch);
  Status Apply(std::vector<Job>& batch, std::vector<Status>& results);
  Status ApplyOne(Job& job, Status& result);

  Database& database_;
  prometheus::Gauge& queue_length_;
  prometheus::Histogram& batch_size_;
  prometheus::Histogram& commit_seconds_;
  prometheus::Counter& failures_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<Job> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace wayleave::auth
