#pragma once

#include <string_view>

#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::gateway {

// What ReportOutcome is told of a failure: the words of ReportOutcomeRequest.error, as literals. Pure.

// The target was not asked, since provider-service has no place free for it.
bool IsOwnQueueFull(const provider::v1::Failure& failure);

// Of a target that did not begin to answer; nullptr where it is not to blame, since its queue here is full.
const char* WordFor(const provider::v1::Failure& failure);

// Of an answer that ended with an error of this code; nullptr where the fault is the request's.
const char* WordForEnd(std::string_view code);

}  // namespace wayleave::gateway
