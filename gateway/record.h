#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {

// What is known about one HTTP request for the access log and the metrics. Filled as it goes along.
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
};

// "completed", "failed", ...; empty if it was not said. Pure.
const char* WordOf(auth::v1::Outcome outcome);

// The access log's line: JSON, with ids, times, decision, usage and cost; never content. Pure.
std::string AccessLogLine(const Record& record, std::chrono::steady_clock::time_point ended);

}  // namespace wayleave::gateway
