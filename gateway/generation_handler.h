#pragma once

#include <chrono>
#include <memory>

#include "base/async/task.h"
#include "base/http/request.h"
#include "gateway/answer_sink.h"
#include "gateway/config.h"
#include "gateway/content.h"
#include "gateway/cors.h"
#include "gateway/cuts.h"
#include "gateway/draw.h"
#include "gateway/ended_requests.h"
#include "gateway/in_flight.h"
#include "gateway/journal.h"
#include "gateway/live/live.h"
#include "gateway/outcome_reporter.h"
#include "gateway/ports.h"
#include "gateway/probe.h"
#include "gateway/redaction_rules.h"
#include "gateway/retry_budget.h"

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
  EndedRequests& ended;
  OutcomeReporter& outcomes;
  RetryBudget& retries;
  InFlight& in_flight;
  const Draw& draw;
  const Cors& cors;
  const RedactionRules& redaction;
  const ContentRules& content;
  std::chrono::milliseconds total_timeout;
  Live& live;
  Cuts& cuts;
  trace::Tracer* tracer = nullptr;  // null: nothing is traced
};

// Answers one question from beginning to end: authenticate, route, reserve, try the targets while the client has seen
// nothing, relay, carry on elsewhere what breaks off where that is allowed, journal. Fills `record`. `request` is a value that describes the question: its headers (names in
// lower case; they hold the credential) and its body, with 64 bytes of capacity behind its end; nothing else of it is
// looked at, so doors other than HTTP make one up. The answer to a stream is whole server-sent events in the endpoint's
// dialect.
Task<void> AnswerGeneration(GenerationServices& services, http::Request& request, AnswerSink& sink,
                            provider::v1::Endpoint endpoint, Record& record);

}  // namespace wayleave::gateway
