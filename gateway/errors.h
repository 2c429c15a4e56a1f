#pragma once

#include <string>
#include <string_view>

#include "base/http/request.h"
#include "base/result.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::gateway {

// Every error that a client of the gateway sees is made here, in the form that the client reads: OpenAI's
// {"error":{"message","type","param","code"}} or, for the doors of the Messages API, Anthropic's
// {"type":"error","error":{"type","message"},"request_id"} with that API's statuses. What a provider says is put into
// these terms by provider-service/dialect/errors; the statuses and codes of both are chosen by what Codex does with
// them. All functions are pure.

// Whom an error is told.
struct Addressee {
  // The door that was used; unspecified for OpenAI's form.
  provider::v1::Endpoint endpoint = provider::v1::ENDPOINT_UNSPECIFIED;
  std::string_view request_id = {};
  // It is the real Codex, over HTTP: other clients of the Responses API understand a limit that is reached.
  bool codex = false;
};

// Whether a request says that Codex sends it: the CLI, or its app server in an editor.
bool IsCodex(const http::HeaderList& headers);

// Whether a code tells of a fault of the request, which no repetition and no other target mends. Of a 400 with such a code
// Codex shows the message alone; of any other the raw JSON.
bool IsRequestsFault(std::string_view code);

// Whether it says that the model or its provider has too much to do.
bool IsOverload(std::string_view code);

// The headers that name the request: Anthropic's clients look for one of their own.
void AddIds(provider::v1::Endpoint endpoint, const std::string& request_id, http::HeaderList& headers);

// `type` and `code` are OpenAI's words; Anthropic's follow from the status and the code.
http::Response ErrorResponse(int status, std::string_view type, std::string_view code, std::string_view message,
                             const Addressee& to = {});

// A failure of one of our own services, or of a check of ours.
http::Response ErrorResponse(const Error& error, const Addressee& to = {});

// What a provider said about its own failure.
http::Response FailureResponse(const provider::v1::Failure& failure, const Addressee& to = {});

// For what the HTTP server itself refuses; `request` as far as it was read.
http::Response ServerErrorPage(const http::Request& request, int status, std::string_view message);

// The one terminal event of a stream whose provider-service died within it: a Responses client gets
// response.failed with the id of its response, a chat client an error chunk, a Messages client an error event.
std::string BrokenStreamEvent(provider::v1::Endpoint endpoint, std::string_view response_id, std::uint64_t sequence,
                              std::string_view code, std::string_view message);

}  // namespace wayleave::gateway
