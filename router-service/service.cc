#include "router-service/service.h"

namespace wayleave::router {
namespace {

template <class Request, class Response>
using Method = Task<Result<Response>> (Core::*)(const Request&);

template <class Request, class Response>
void Serve(rpc::Server& server, Core& core, const char* method, Method<Request, Response> answer) {
  server.Unary<Request, Response>(
      "wayleave.router.v1.RouterService", method,
      [&core, answer](rpc::ServerCall&, const Request& request) { return (core.*answer)(request); });
}

}  // namespace

void Register(rpc::Server& server, Core& core) {
  Serve(server, core, "Route", &Core::Route);
  Serve(server, core, "Explain", &Core::Explain);
  Serve(server, core, "ListModels", &Core::ListModels);
  Serve(server, core, "ReportOutcome", &Core::ReportOutcome);
  Serve(server, core, "Reload", &Core::Reload);
  server.Unary<v1::ListTargetsRequest, v1::ListTargetsResponse>(
      "wayleave.router.v1.TargetService", "ListTargets",
      [&core](rpc::ServerCall&, const v1::ListTargetsRequest& request) { return core.ListTargets(request); });
}

}  // namespace wayleave::router
