#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "gateway/live/shard.h"
#include "wayleave/gateway/v1/live.pb.h"

namespace wayleave::gateway {

// Makes one view of what the shards know, for somebody who sees one tenant or, with an empty name, all. What belongs to
// another tenant, or to nobody, does not get into the view of one. Not thread-safe; goes from worker to worker.
class LiveView {
 public:
  static constexpr std::size_t kMostRequests = 200;

  LiveView(std::string tenant, std::chrono::steady_clock::time_point now);

  void Add(const LiveShard& shard);
  // Once, after all were added.
  v1::Live Take();

 private:
  // Sums of a minute and of ten.
  struct Sums {
    Counts minute;
    Counts ten_minutes;
  };
  using Groups = std::map<std::string, Sums>;
  using Field = google::protobuf::RepeatedPtrField<v1::LiveGroup>;

  bool Sees(const std::string& tenant) const { return tenant_.empty() || tenant_ == tenant; }
  void AddRequests(const LiveShard& shard);
  void AddSeries(const std::vector<Counts>& counts);
  void AddTenants(const CountTable& table);
  void AddGroups(const CountTable& table, Groups& groups) const;
  void AddGroup(const std::string& name, const CountRing& ring, Groups& groups) const;
  void AddErrors(const LiveShard& shard);
  static void Sort(const Groups& groups, Field& into);

  const std::string tenant_;
  const std::chrono::steady_clock::time_point now_;
  const std::int64_t second_;
  v1::Live live_;
  std::vector<Counts> series_;
  Groups tenants_, targets_, codes_;
};

// The second of the steady clock that a moment lies in. Pure.
std::int64_t SecondOf(std::chrono::steady_clock::time_point time);

}  // namespace wayleave::gateway
