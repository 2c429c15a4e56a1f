#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/metrics/registry.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// The gateway's own count of the requests that each target serves now. Shared by all workers; thread-safe: the lock is
// held for a look into the table. Outlives every Hold.
//
// Of at most 256 targets the metrics tell by name; the others are counted together as "other". A target that serves
// nothing is forgotten when there are more than 4096 of them.
class InFlight {
  struct Entry {
    std::atomic<int> requests{0};
    prometheus::Gauge* gauge = nullptr;
  };

 public:
  explicit InFlight(metrics::Registry& registry);

  // One request, for as long as it lives. Moves; may end on any thread.
  class Hold {
   public:
    Hold() = default;
    explicit Hold(Entry& entry);
    Hold(Hold&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
    Hold& operator=(Hold&& other) noexcept;
    ~Hold() { Release(); }
    void Release();

   private:
    Entry* entry_ = nullptr;
  };

  Hold Begin(const router::v1::Target& target);
  int Of(const router::v1::Target& target) const;

 private:
  using Name = std::pair<std::string_view, std::string_view>;
  struct Before {
    using is_transparent = void;
    bool operator()(const Name& a, const Name& b) const { return a < b; }
  };
  using Names = std::pair<std::string, std::string>;

  Entry& Add(const Name& name, bool listed);
  prometheus::Gauge& GaugeFor(const Name& name);
  void ForgetIdle();

  const metrics::Family<prometheus::Gauge> family_;
  mutable std::mutex mutex_;
  std::map<Names, Entry, Before> targets_;
  std::map<Names, prometheus::Gauge*, Before> gauges_;
};

}  // namespace wayleave::gateway
