#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <deque>
#include <string>

#include "gateway/live/count_table.h"
#include "gateway/record.h"

namespace wayleave::gateway {

// A request in progress, in the list of its shard for as long as it lives.
struct LiveNode : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  explicit LiveNode(const Record& from) : record(from) {}
  const Record& record;
};

// A request that failed.
struct ErrorNote {
  std::chrono::system_clock::time_point at;
  std::string request_id;
  std::string tenant;
  std::string key_id;
  const char* endpoint = "";
  std::string model;
  std::string target;
  int status = 0;
  std::string code;
};

// Text of a client, cut where no character is cut in two. Pure.
std::string CutText(std::string_view text);
// "provider/model" of the target that was asked last; empty if none was. Pure.
std::string TargetOf(const Record& record);

// What one worker knows of the present and the last ten minutes. Belongs to that worker: nothing here takes a lock, and
// to look at it one goes there.
class LiveShard {
 public:
  static constexpr int kSeconds = 600;
  static constexpr std::size_t kMostErrors = 100;
  using Nodes = boost::intrusive::list<LiveNode, boost::intrusive::constant_time_size<false>>;

  void Enter(LiveNode& node) { nodes_.push_back(node); }
  void Ended(const Record& record, std::int64_t second, std::chrono::system_clock::time_point at);

  // In the order of their arrival.
  const Nodes& nodes() const { return nodes_; }
  const CountRing& seconds() const { return seconds_; }
  const CountTable& tenants() const { return tenants_; }
  const CountTable& targets() const { return targets_; }
  const CountTable& codes() const { return codes_; }
  // Oldest first.
  const std::deque<ErrorNote>& errors() const { return errors_; }

 private:
  void Failed(const Record& record, std::int64_t second, std::chrono::system_clock::time_point at);

  Nodes nodes_;
  CountRing seconds_{kSeconds, 1};
  CountTable tenants_{100};
  CountTable targets_{100};
  CountTable codes_{50};
  std::deque<ErrorNote> errors_;
};

}  // namespace wayleave::gateway
