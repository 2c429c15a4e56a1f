#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "gateway/known.h"
#include "gateway/record.h"
#include "wayleave/auth/v1/auth.pb.h"
#include "wayleave/provider/v1/provider.pb.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// What the gateway asks the services about one generation, made from what it knows. All functions are pure but
// for reading the clock where a time is asked for.

// For Generate against one target, with what the route sets. The body is copied: the next target may need it, too.
provider::v1::GenerateRequest OrderOf(const Known& known, const router::v1::Target& target,
                                      const router::v1::Settings& set);
// Of a stream: how long it may become, and in which steps more is asked for.
provider::v1::Allowance AllowanceOf(std::int64_t output_tokens, std::int64_t step, provider::v1::Usage before);
// For the journal, before a provider is asked: an estimate in case the end is never seen. `grant` may be null.
auth::v1::Settlement DraftOf(const Known& known, const Record& record, const std::string& reservation_id,
                             const auth::v1::Grant* grant, const router::v1::Target& target);

// Failures that the gateway itself finds, in a provider's words.
provider::v1::Failure ServiceFailure(const Status& status);
provider::v1::Failure TimeoutFailure();
// The gateway has to go before the answer is whole.
provider::v1::Failure LeavingFailure();

// The id of a Responses stream, from its first event; empty if there is none.
std::string ResponseIdIn(std::string_view data);

void SetDuration(google::protobuf::Duration& to, std::chrono::steady_clock::duration time);

}  // namespace wayleave::gateway
