#include "deploy/local_decisions.h"

#include <optional>
#include <utility>

namespace wayleave::deploy {
namespace {

template <class T>
Task<void> Keep(Task<Result<T>> task, std::optional<Result<T>>& into) {
  into.emplace(co_await task);
}

}  // namespace

LocalDecisions::LocalDecisions(router::RoutingConfig config)
    : core_(config, [config] { return config; }, registry_) {}

LocalDecisions::~LocalDecisions() { workers_.StopAndJoin(); }

router::v1::ExplainResponse LocalDecisions::Explain(const router::v1::ExplainRequest& request) {
  std::optional<Result<router::v1::ExplainResponse>> answer;
  RunOn(workers_[0], [&] { return Keep(core_.Explain(request), answer); });
  return std::move(**answer);  // explaining a refusal succeeds, too
}

Result<router::v1::RouteResponse> LocalDecisions::Route(const router::v1::RouteRequest& request) {
  std::optional<Result<router::v1::RouteResponse>> answer;
  RunOn(workers_[0], [&] { return Keep(core_.Route(request), answer); });
  return std::move(*answer);
}

}  // namespace wayleave::deploy
