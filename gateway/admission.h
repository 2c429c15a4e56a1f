#pragma once

#include <optional>
#include <string>

#include "gateway/generation_handler.h"
#include "gateway/known.h"
#include "gateway/limits/hold.h"

namespace wayleave::gateway {

// What must be known before a provider is asked. Filled step by step, so that a refusal finds what came before it.
struct Admission {
  Envelope envelope;
  auth::v1::Principal principal;
  router::v1::RouteResponse route;  // no targets: the request was not routed
  // The facts of the route, as they are kept with the settlement.
  std::string route_facts;
  Hold hold;
};

// Authenticates, reads the envelope, routes, takes the gateway's own pick of the targets, and reserves for those who have
// limits; within ten seconds. Fills `admission` and `record`; what `request` describes lives on. The error is fit for the
// client, and nothing is reserved then.
Task<Status> Admit(GenerationServices& services, const http::Request& request, provider::v1::Endpoint endpoint,
                   const rpc::CallContext& context, Admission& admission, Record& record);

}  // namespace wayleave::gateway
