#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/async/worker.h"
#include "base/rpc/client.h"
#include "base/rpc/replicas.h"

namespace wayleave::rpc {

struct FanoutConfig {
  std::string target;  // as of a channel
  std::chrono::milliseconds timeout{1000};  // of each call, and of resolving the name
  std::chrono::milliseconds resolve_interval{5000};
};

// What came of a call to every replica.
struct Tally {
  int answered = 0;
  int failed = 0;
  Error failure{Code::kUnavailable, "the service has no replica"};  // the latest

  void Add(const Status& status);
};

// Calls every replica of a service, where a channel calls one of them: for news that each must hear. Each replica is
// called once, all at the same time and for a short time; one that has too many calls unanswered is left out, and
// counted as failed. A name is resolved again when a call comes and the addresses are older than resolve_interval; while
// that fails, the old ones stay.
//
// Any worker. Must be destroyed after every call on it has ended and before the runtime.
class Fanout {
 public:
  Fanout(ClientRuntime& runtime, FanoutConfig config, Resolve resolve = ResolveBySystem);

  // `method` and `request` must live until the call ends.
  template <class Response, class Request>
  Task<Tally> Call(const char* method, const Request& request, CallContext context) {
    Tally tally;
    Replicas replicas = co_await Current(tally);
    TaskGroup calls;
    for (const auto& replica : replicas) calls.Spawn(CallOne<Response>(replica, method, request, context, tally));
    co_await calls.Empty();
    co_return tally;
  }

 private:
  struct Replica {
    Replica(ClientRuntime& runtime, ChannelConfig config) : channel(runtime, std::move(config)) {}
    Channel channel;
    std::atomic<int> under_way{0};
  };
  using Replicas = std::vector<std::shared_ptr<Replica>>;

  static constexpr int kMostUnderWay = 32;  // for one replica

  template <class Response, class Request>
  static Task<void> CallOne(std::shared_ptr<Replica> replica, const char* method, const Request& request,
                            CallContext context, Tally& tally) {
    if (replica->under_way.fetch_add(1) >= kMostUnderWay) {
      tally.Add(Error{Code::kResourceExhausted, "a replica answers too slowly", {}, {}});
    } else {
      auto call = replica->channel.template Call<Response>(method, request, context);
      const Result<Response> answer = co_await call;
      tally.Add(answer ? Status() : Status(answer.error()));
    }
    --replica->under_way;
  }

  // Those to call now. Notes in the tally if nobody can be.
  Task<Replicas> Current(Tally& tally);
  bool MustResolve();
  void Take(const std::vector<std::string>& names);
  Replicas List();

  ClientRuntime& runtime_;
  const FanoutConfig config_;
  const ReplicaNames names_;
  const Resolve resolve_;
  std::mutex mutex_;  // guards the rest; held for a look
  std::map<std::string, std::shared_ptr<Replica>> replicas_;
  std::chrono::steady_clock::time_point resolve_at_{};
};

}  // namespace wayleave::rpc
