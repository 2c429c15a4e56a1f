#pragma once

#include <chrono>
#include <memory>

#include "base/async/task.h"
#include "base/http/server.h"
#include "gateway/config.h"
#include "gateway/cors.h"
#include "gateway/journal.h"
#include "gateway/outcome_reporter.h"
#include "gateway/ports.h"
#include "gateway/probe.h"
#include "gateway/record.h"

namespace wayleave::gateway {

// The three services.
struct Ports {
  AuthPort& auth;
  RouterPort& router;
  ProviderPort& provider;
};

// What every generation needs. Shared by all workers; all of it outlives every request.
struct GenerationServices {
  Ports ports;
  Journal& journal;
  Probe& probe;
  OutcomeReporter& outcomes;
  const Cors& cors;
  std::chrono::milliseconds total_timeout;
};

// Answers one POST /v1/responses or /v1/chat/completions from beginning to end: authenticate, route,
// reserve, try the targets while the client has seen nothing, relay, journal. Fills `record`.
Task<void> AnswerGeneration(GenerationServices& services, http::Request& request, http::Responder& responder,
                            provider::v1::Endpoint endpoint, Record& record);

}  // namespace wayleave::gateway
