#pragma once

#include <string>
#include <string_view>

#include "base/http/request.h"
#include "base/result.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::gateway {

// Every error that a client of the gateway sees is made here, in OpenAI's form
// {"error":{"message","type","param","code"}}. All functions are pure.

http::Response ErrorResponse(int status, std::string_view type, std::string_view code, std::string_view message);

// A failure of one of our own services, or of a check of ours.
http::Response ErrorResponse(const Error& error);

// What a provider said about its own failure.
http::Response FailureResponse(const provider::v1::Failure& failure);

// For what the HTTP server itself refuses.
http::Response ServerErrorPage(int status, std::string_view message);

// The one terminal event of a stream whose provider-service died within it: a Responses client gets
// response.failed with the id of its response, a chat client an error chunk.
std::string BrokenStreamEvent(provider::v1::Endpoint endpoint, std::string_view response_id, std::uint64_t sequence,
                              std::string_view code, std::string_view message);

}  // namespace wayleave::gateway
