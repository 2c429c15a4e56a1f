#include "gateway/record.h"

#include <fmt/format.h>

#include <ctime>

namespace wayleave::gateway {
namespace {

using Clock = std::chrono::steady_clock;
using Out = fmt::memory_buffer;

void AppendEscaped(Out& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out.push_back(c);
    }
  }
}

void Text(Out& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  fmt::format_to(std::back_inserter(out), ",\"{}\":\"", name);
  AppendEscaped(out, value);
  out.push_back('"');
}

void Number(Out& out, std::string_view name, std::int64_t value) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":{}", name, value);
}

void Milliseconds(Out& out, std::string_view name, Clock::duration time) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":{:.3f}", name,
                 std::chrono::duration<double, std::milli>(time).count());
}

void Time(Out& out) {
  const auto now = std::chrono::system_clock::now();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const std::time_t time = std::chrono::system_clock::to_time_t(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  fmt::format_to(std::back_inserter(out), "{{\"time\":\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z\"",
                 utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                 std::chrono::duration_cast<std::chrono::milliseconds>(now - seconds).count());
}

void Generation(Out& out, const auth::v1::Settlement& s) {
  Text(out, "provider", s.provider());
  Text(out, "upstream_model", s.upstream_model());
  Text(out, "outcome", WordOf(s.outcome()));
  Number(out, "input_tokens", s.usage().input_tokens());
  Number(out, "cached_input_tokens", s.usage().cached_input_tokens());
  Number(out, "output_tokens", s.usage().output_tokens());
  if (s.estimated()) fmt::format_to(std::back_inserter(out), ",\"estimated\":true");
  Number(out, "cost_nano_usd", s.cost_nano_usd());
}

}  // namespace

const char* WordOf(auth::v1::Outcome outcome) {
  switch (outcome) {
    case auth::v1::OUTCOME_COMPLETED:
      return "completed";
    case auth::v1::OUTCOME_FAILED:
      return "failed";
    case auth::v1::OUTCOME_CANCELLED:
      return "cancelled";
    case auth::v1::OUTCOME_INTERRUPTED:
      return "interrupted";
    case auth::v1::OUTCOME_INCOMPLETE:
      return "incomplete";
    default:
      return "";
  }
}

std::string AccessLogLine(const Record& record, Clock::time_point ended) {
  Out out;
  Time(out);
  fmt::format_to(std::back_inserter(out), ",\"level\":\"info\",\"event\":\"request\"");
  Text(out, "request_id", record.request_id);
  Text(out, "peer", record.peer);
  Text(out, "method", record.method);
  Text(out, "endpoint", record.endpoint);
  Number(out, "status", record.status);
  Text(out, "tenant", record.tenant);
  Text(out, "key_id", record.key_id);
  Text(out, "model", record.model);
  Text(out, "rule", record.rule);
  if (record.stream) fmt::format_to(std::back_inserter(out), ",\"stream\":true");
  if (record.settlement) Generation(out, *record.settlement);
  Text(out, "error_code", record.error_code);
  if (record.dispatched) Milliseconds(out, "overhead_ms", *record.dispatched - record.arrived);
  if (record.first_event) Milliseconds(out, "first_event_ms", *record.first_event - record.arrived);
  Milliseconds(out, "duration_ms", ended - record.arrived);
  out.push_back('}');
  return fmt::to_string(out);
}

}  // namespace wayleave::gateway
