#include "base/rpc/call_metrics.h"

namespace wayleave::rpc {
namespace {

using Side = CallMetrics::Side;

constexpr char kServerCalls[] = "wayleave_rpc_server_calls_total";
constexpr char kServerCallsHelp[] = "gRPC calls answered, by gRPC code.";
constexpr char kClientCalls[] = "wayleave_rpc_client_calls_total";
constexpr char kClientCallsHelp[] = "gRPC calls made, repeats within a call not counted, by gRPC code.";
constexpr char kServerSeconds[] = "wayleave_rpc_server_seconds";
constexpr char kServerSecondsHelp[] = "Time in the handler of a gRPC call; of streams to their end.";
constexpr char kClientSeconds[] = "wayleave_rpc_client_seconds";
constexpr char kClientSecondsHelp[] =
    "Time of a gRPC call as its caller sees it, repeats included; of streams to their end.";

constexpr char kRepeats[] = "wayleave_rpc_client_retries_total";
constexpr char kRepeatsHelp[] = "Repeats of gRPC calls whose service was away or late.";

std::string NameOf(std::string_view path) {
  const auto slash = path.rfind('/');
  const auto dot = path.substr(0, slash).rfind('.');
  return std::string(path.substr(dot == std::string_view::npos ? 1 : dot + 1));
}

}  // namespace

CallMetrics::CallMetrics(metrics::Registry& registry, Side side)
    : calls_(side == Side::kServer ? registry.Counters(kServerCalls, kServerCallsHelp, {"rpc", "code"})
                                   : registry.Counters(kClientCalls, kClientCallsHelp, {"rpc", "code"})),
      seconds_(side == Side::kServer
                   ? registry.Histograms(kServerSeconds, kServerSecondsHelp, {"rpc"}, metrics::kPhaseSeconds)
                   : registry.Histograms(kClientSeconds, kClientSecondsHelp, {"rpc"}, metrics::kPhaseSeconds)) {
  if (side == Side::kClient) repeats_ = registry.Counters(kRepeats, kRepeatsHelp, {"rpc"});
}

void CallMetrics::Repeated(std::string_view path) {
  if (repeats_) repeats_->With({NameOf(path)}).Increment();
}

metrics::CallSeries& CallMetrics::Of(std::string_view path) {
  const std::lock_guard lock(mutex_);
  const auto found = by_path_.find(path);
  if (found != by_path_.end()) return *found->second;
  const std::string name = NameOf(path);
  auto series = std::make_unique<metrics::CallSeries>(calls_, name, &seconds_.With({name}));
  return *by_path_.emplace(path, std::move(series)).first->second;
}

}  // namespace wayleave::rpc
