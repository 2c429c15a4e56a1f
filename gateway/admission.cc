#include "gateway/admission.h"

#include "gateway/credentials.h"
#include "gateway/doors.h"
#include "gateway/limits/policy_check.h"
#include "gateway/pick.h"
#include "gateway/route_facts.h"
#include "gateway/spans.h"

namespace wayleave::gateway {
namespace {

constexpr std::chrono::milliseconds kAdmissionTime{10000};  // all the questions before a generation together

Status ReadBody(const http::Request& request, provider::v1::Endpoint endpoint, Envelope& envelope, Record& record) {
  Result<Envelope> read = ReadEnvelope(request.body);
  if (!read) return std::move(read).error();
  envelope = std::move(*read);
  envelope.stream = envelope.stream && MayStream(endpoint);
  record.model = envelope.model;
  record.stream = envelope.stream;
  return {};
}

void TakePick(GenerationServices& services, router::v1::RouteResponse& route) {
  const InFlight& in_flight = services.in_flight;
  Arrange(route, [&in_flight](const router::v1::Target& target) { return in_flight.Of(target); }, services.draw);
}

Task<Status> Route(GenerationServices& services, const Known& known, const rpc::CallContext& context,
                   Admission& admission, Record& record) {
  router::v1::RouteRequest facts = FactsOf(known);
  auto route = co_await services.ports.router.Route(facts, context);
  if (!route) co_return std::move(route).error();
  if (route->targets().empty()) co_return Error{Code::kInternal, "The router named no target.", {}, {}};
  admission.route = std::move(*route);
  record.rule = admission.route.rule();
  TakePick(services, admission.route);
  admission.route_facts = RecordedFacts(std::move(facts), admission.route);
  co_return Status();
}

// A little longer than the answer may take, so that nothing lapses before it is settled.
std::chrono::milliseconds HoldTime(const GenerationServices& services) {
  const auto lifetime = services.total_timeout.count() > 0 ? services.total_timeout : std::chrono::hours(24);
  return lifetime + std::chrono::minutes(1);
}

// What the policy sets, the router need not know.
void LimitOutput(const auth::v1::Policy& policy, router::v1::RouteResponse& route) {
  const std::int64_t most = SmallerLimit(route.set().max_output_tokens(), policy.max_output_tokens());
  if (most > 0) route.mutable_set()->set_max_output_tokens(most);
}

}  // namespace

Task<Status> Admit(GenerationServices& services, const http::Request& request, provider::v1::Endpoint endpoint,
                   const rpc::CallContext& outer, Admission& admission, Record& record) {
  rpc::CallContext context = outer.Within(kAdmissionTime);
  Stages stages(context);
  const auth::v1::AuthenticateRequest credential = CredentialOf(request);
  stages.Begin("authenticate");
  Lap asking(record.phases.authenticate);
  auto who = co_await services.ports.auth.Authenticate(credential, context);
  asking.End();
  stages.End(who);
  if (!who) co_return std::move(who).error();
  admission.principal = std::move(*who->mutable_principal());
  record.tenant = admission.principal.tenant();
  record.key_id = admission.principal.key_id();
  record.user = admission.principal.user();
  Status allowed = CheckPolicy(admission.principal.policy(), record.endpoint, request.peer);
  if (!allowed) co_return allowed;

  Status read = ReadBody(request, endpoint, admission.envelope, record);
  if (!read) co_return read;
  const Known known{request, admission.envelope, admission.principal, endpoint};
  stages.Begin("route");
  Lap routing(record.phases.route);
  Status routed = co_await Route(services, known, context, admission, record);
  routing.End();
  stages.End(routed);
  if (!routed) co_return routed;
  LimitOutput(admission.principal.policy(), admission.route);
  if (admission.principal.policy().unmetered()) co_return Status();
  stages.Begin("reserve");
  const Lap reserving(record.phases.reserve);
  Status held =
      co_await admission.hold.Take(services.ports.auth, known, admission.route, HoldTime(services), context);
  stages.End(held);
  co_return held;
}

}  // namespace wayleave::gateway
