#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/async/task.h"
#include "base/async/worker.h"
#include "gateway/live/shard.h"
#include "wayleave/gateway/v1/live.pb.h"

namespace wayleave::gateway {

// What this gateway does now and did in the last ten minutes, for people who look. Each worker keeps its own part, so a
// request costs two links in a list and, at its end, a few additions; whoever looks goes from worker to worker.
//
// The workers must outlive it, and it every visit. Any worker.
class Live {
 public:
  explicit Live(WorkerPool& workers);

  // A request in progress, seen from now until Ended() or the visit's own end. Belongs to its worker; `record` must
  // outlive it and is read on that worker. On a thread that is no worker it shows nothing.
  class Visit {
   public:
    Visit(Live& live, const Record& record);
    // The record is complete: counts it. Once.
    void Ended(std::chrono::steady_clock::time_point now);

   private:
    LiveShard* const shard_;
    LiveNode node_;
  };

  // For a key that sees one tenant, or, with an empty name, all.
  Task<v1::Live> Look(std::string tenant);

  // "host/1234": this process among those of the fleet.
  const std::string& instance() const { return instance_; }

 private:
  WorkerPool& workers_;
  const std::string instance_;
  const std::chrono::system_clock::time_point started_;
  std::vector<LiveShard> shards_;
};

}  // namespace wayleave::gateway
