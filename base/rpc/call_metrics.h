#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/metrics/rpc_metrics.h"

namespace wayleave::rpc {

// The calls of one side of gRPC, each rpc's by its code and timed. What a hop costs is the time as its caller sees it
// less the time as its service sees it. Any thread; the registry must outlive it.
class CallMetrics {
 public:
  enum class Side { kClient, kServer };

  CallMetrics(metrics::Registry& registry, Side side);

  // `path` is "/wayleave.auth.v1.AuthService/Settle", which becomes the label rpc="AuthService/Settle": a name of ours,
  // never one of a caller's. The series lives as long as this object.
  metrics::CallSeries& Of(std::string_view path);
  // A call of the client side is made once more.
  void Repeated(std::string_view path);

 private:
  const metrics::Family<prometheus::Counter> calls_;
  const metrics::Family<prometheus::Histogram> seconds_;
  std::optional<metrics::Family<prometheus::Counter>> repeats_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<metrics::CallSeries>, std::less<>> by_path_;
};

}  // namespace wayleave::rpc
