#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/text/byte_buffer.h"
#include "base/trace/span.h"
#include "gateway/phases.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {

// What is known about one HTTP request for the access log, the metrics and its trace. Filled as it goes along.
struct Record {
  std::chrono::steady_clock::time_point arrived;
  std::string request_id;
  std::string peer;
  std::string method;
  const char* endpoint = "other";  // from a closed list
  int status = 0;

  // For generations: what will be settled. Absent where nothing was asked of a provider.
  std::optional<auth::v1::Settlement> settlement;
  std::string tenant;
  std::string key_id;
  std::string model;
  std::string rule;
  bool stream = false;
  std::string error_code;
  std::optional<std::chrono::steady_clock::time_point> dispatched;
  std::optional<std::chrono::steady_clock::time_point> first_event;
  std::string user;
  std::uint64_t output_bytes = 0;  // delivered by the target that answers
  trace::Span span;                // the request's own, see gateway/spans.h
  bool listed = false;             // the catalogue knows the target's model, so that metrics may name it
  int attempts = 0;                // requests to targets
  std::uint64_t request_bytes = 0;
  std::uint64_t answer_bytes = 0;  // of generations, as they went to the client
  std::chrono::steady_clock::time_point asked{};     // the target that answered first
  std::chrono::steady_clock::time_point answered{};  // the end of the answer was known
  Phases phases;
};

// "completed", "failed", ...; empty if it was not said. Pure.
const char* WordOf(auth::v1::Outcome outcome);

// What the gateway has added so far, and how long its provider took, as the header Server-Timing has it. Pure.
std::string ServerTiming(const Record& record, std::chrono::steady_clock::time_point now);

// The access log's line: JSON, with ids, times, decision, usage and cost; never content. Stays as
// long as the buffer's bytes do. Pure.
std::string_view AccessLogLine(const Record& record, std::chrono::steady_clock::time_point ended, text::ByteBuffer& into);

// Logs it, where the level lets it through.
void LogAccess(const Record& record, std::chrono::steady_clock::time_point ended);

}  // namespace wayleave::gateway
