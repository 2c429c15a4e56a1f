#pragma once

#include <chrono>
#include <string>

#include "base/http/request.h"
#include "base/result.h"
#include "gateway/envelope.h"
#include "gateway/record.h"
#include "wayleave/auth/v1/auth.pb.h"
#include "wayleave/provider/v1/provider.pb.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// What the gateway asks the services about one generation, made from what it knows. All functions are pure but
// for reading the clock where a time is asked for.

// What is known of a request once it has been read and its sender is known.
struct Known {
  const http::Request& request;
  const Envelope& envelope;
  const auth::v1::Principal& principal;
  provider::v1::Endpoint endpoint;
};

// For Route.
router::v1::RouteRequest FactsOf(const Known& known);
// For Reserve; the hold lapses by itself after `lifetime`.
auth::v1::ReserveRequest HoldOf(const Known& known, const std::string& reservation_id,
                                std::chrono::milliseconds lifetime);
// For Generate against one target. The body is copied: the next target may need it, too.
provider::v1::GenerateRequest OrderOf(const Known& known, const router::v1::Target& target);
// For the journal, before a provider is asked: an estimate in case the end is never seen.
auth::v1::Settlement DraftOf(const Known& known, const Record& record, const std::string& reservation_id,
                             const router::v1::Target& target);

// Failures that the gateway itself finds, in a provider's words.
provider::v1::Failure ServiceFailure(const Status& status);
provider::v1::Failure TimeoutFailure();
// The word for ReportOutcome.
const char* WordFor(const provider::v1::Failure& failure);

// The id of a Responses stream, from its first event; empty if there is none.
std::string ResponseIdIn(std::string_view data);

void SetDuration(google::protobuf::Duration& to, std::chrono::steady_clock::duration time);

}  // namespace wayleave::gateway
