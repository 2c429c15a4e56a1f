#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http/response_reader.h"
#include "base/config/secret.h"
#include "base/result.h"
#include "provider-service/dialect/reply.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::provider {

// What went wrong on the way, said in the dialects' words. Pure.

// The adapter could not make a call of the request.
Failure PrepareFailure(const Error& error);
// http::Exchange::Send failed.
Failure SendFailure(const Error& error);
// The provider was silent for longer than it may be, before anything was delivered.
Failure SilenceFailure(std::string message);
// There is no place at the target, and none came free; `wait`: when one may.
Failure OverloadedFailure(const std::string& model, bool late, std::chrono::milliseconds wait);
// The stream's answer failed before anything of it was delivered.
Failure UndeliveredFailure(const Output& output);
// The provider answered with a status that is not 2xx. `now` in Unix seconds, for a time that it names to come again.
Failure StatusFailure(const http::ResponseHead& head, std::string_view body, bool same_dialect, std::int64_t now);

// Providers quote the key that they refuse, or that they fail with; the client must not learn it.
void HideKeys(const std::vector<config::Secret>& keys, std::string& text);
void HideKeys(const std::vector<config::Secret>& keys, Failure& failure);
// In all that a client may be told of an answer.
void HideKeys(const std::vector<config::Secret>& keys, v1::GenerateResponse& piece);

// How long to wait: `retry-after-ms`, `retry-after` in seconds or as a date, or else, with status 429, what the
// x-ratelimit-reset headers say of the limits that are used up. A day at most.
std::optional<std::int64_t> RetryAfterMs(const http::ResponseHead& head, std::int64_t now);
// The provider answered well, but not with the events that it was asked for.
Failure NotAStreamFailure(const http::ResponseHead& head, std::string_view body);

// Whether the answer may be taken for an event stream.
bool LooksLikeEvents(const http::ResponseHead& head);

// Whether it says that it is one JSON document, or at least lines of them.
bool LooksLikeOneDocument(const http::ResponseHead& head);
bool LooksLikeJson(const http::ResponseHead& head);

// For Reply::Break: what a client is told of an answer that broke off for this reason (http::Exchange's).
std::string_view BreakMessage(std::string_view reason);

// The counters' word for a status.
std::string_view StatusReason(int status);

}  // namespace wayleave::provider
