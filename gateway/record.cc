#include "gateway/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <utility>

#include "base/log/log.h"

namespace wayleave::gateway {
namespace {

using Clock = std::chrono::steady_clock;
using Out = std::string;

constexpr std::size_t kUsualLine = 1024;

void Append(Out& out, std::string_view text) { out.append(text); }

void AppendName(Out& out, std::string_view name) { out.append(",\"").append(name).append("\":"); }

void AppendNumber(Out& out, std::int64_t value) {
  const fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
}

// "12.345": each request has a dozen, and whole numbers are written much faster than others.
void AppendMilliseconds(Out& out, Clock::duration time) {
  const std::int64_t us = std::max<std::int64_t>(0, time / std::chrono::microseconds(1));
  AppendNumber(out, us / 1000);
  const auto digit = [us](std::int64_t unit) { return static_cast<char>('0' + us / unit % 10); };
  const std::array fraction = {'.', digit(100), digit(10), digit(1)};
  Append(out, {fraction.data(), fraction.size()});
}

bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7f && c != '"' && c != '\\';
}

// Nearly all of it is plain.
void AppendEscaped(Out& out, std::string_view text) {
  for (auto at = text.begin(); at != text.end();) {
    const auto plain = std::find_if_not(at, text.end(), IsPlain);
    out.append(at, plain);
    if (plain == text.end()) return;
    if (*plain == '"' || *plain == '\\') {
      out.append({'\\', *plain});
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(*plain));
    }
    at = plain + 1;
  }
}

void Text(Out& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  AppendName(out, name);
  out.push_back('"');
  AppendEscaped(out, value);
  out.push_back('"');
}

void Number(Out& out, std::string_view name, std::int64_t value) {
  AppendName(out, name);
  AppendNumber(out, value);
}

void Milliseconds(Out& out, std::string_view name, Clock::duration time) {
  AppendName(out, name);
  AppendMilliseconds(out, time);
}

// "2026-11-26T04:20:00", which is the same for all lines of a second.
const std::string& TextOf(std::chrono::sys_seconds second) {
  thread_local std::chrono::sys_seconds known{};
  thread_local std::string text;
  if (std::exchange(known, second) == second && !text.empty()) return text;
  const std::time_t time = std::chrono::system_clock::to_time_t(second);
  std::tm utc{};
  gmtime_r(&time, &utc);
  text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
  return text;
}

void Time(Out& out) {
  const auto now = std::chrono::system_clock::now();
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const auto ms = (now - second) / std::chrono::milliseconds(1);
  const auto digit = [ms](std::int64_t unit) { return static_cast<char>('0' + ms / unit % 10); };
  out.append("{\"time\":\"").append(TextOf(second)).append({'.', digit(100), digit(10), digit(1), 'Z', '"'});
}

// All but the waiting for others.
Clock::duration Added(const Record& record, Clock::time_point now) {
  return now - record.arrived - record.phases.upstream - record.phases.client;
}

void Generation(Out& out, const auth::v1::Settlement& s) {
  Text(out, "provider", s.provider());
  Text(out, "upstream_model", s.upstream_model());
  Text(out, "session", s.session());
  Text(out, "outcome", WordOf(s.outcome()));
  Number(out, "input_tokens", s.usage().input_tokens());
  Number(out, "cached_input_tokens", s.usage().cached_input_tokens());
  Number(out, "output_tokens", s.usage().output_tokens());
  if (s.estimated()) Append(out, ",\"estimated\":true");
  Number(out, "reasoning_tokens", s.usage().reasoning_tokens());
  Number(out, "cost_nano_usd", s.cost_nano_usd());
}

// What did not take place is not told.
void Times(Out& out, const Record& record, Clock::time_point ended) {
  const Phases& phases = record.phases;
  const auto phase = [&out](std::string_view name, Clock::duration time) {
    if (time.count() > 0) Milliseconds(out, name, time);
  };
  phase("authenticate_ms", phases.authenticate);
  phase("route_ms", phases.route);
  phase("reserve_ms", phases.reserve);
  if (record.dispatched) Milliseconds(out, "overhead_ms", *record.dispatched - record.arrived);
  if (record.first_event && record.dispatched) phase("first_byte_ms", *record.first_event - *record.dispatched);
  if (record.first_event) Milliseconds(out, "first_event_ms", *record.first_event - record.arrived);
  if (record.stream && record.first_event) phase("stream_ms", ended - *record.first_event);
  phase("settle_ms", phases.settle);
  if (record.settlement) Milliseconds(out, "added_ms", Added(record, ended));
  Milliseconds(out, "duration_ms", ended - record.arrived);
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

std::string ServerTiming(const Record& record, Clock::time_point now) {
  Out out;
  Append(out, "wayleave;dur=");
  AppendMilliseconds(out, Added(record, now));
  Append(out, ", upstream;dur=");
  AppendMilliseconds(out, record.phases.upstream);
  return out;
}

std::string AccessLogLine(const Record& record, Clock::time_point ended) {
  Out out;
  out.reserve(kUsualLine);
  Time(out);
  Append(out, ",\"level\":\"info\",\"event\":\"request\"");
  Text(out, "request_id", record.request_id);
  if (record.span.context().valid()) Text(out, "trace_id", trace::TraceIdText(record.span.context()));
  Text(out, "peer", record.peer);
  Text(out, "method", record.method);
  Text(out, "endpoint", record.endpoint);
  Number(out, "status", record.status);
  Text(out, "tenant", record.tenant);
  Text(out, "user", record.user);
  Text(out, "key_id", record.key_id);
  Text(out, "model", record.model);
  Text(out, "rule", record.rule);
  if (record.stream) Append(out, ",\"stream\":true");
  if (record.attempts > 0) Number(out, "attempts", record.attempts);
  if (record.settlement) Generation(out, *record.settlement);
  Text(out, "error_code", record.error_code);
  if (record.request_bytes > 0) Number(out, "request_bytes", static_cast<std::int64_t>(record.request_bytes));
  if (record.answer_bytes > 0) Number(out, "answer_bytes", static_cast<std::int64_t>(record.answer_bytes));
  Times(out, record, ended);
  out.push_back('}');
  return out;
}

void LogAccess(const Record& record, Clock::time_point ended) {
  if (log::Enabled(log::Level::kInfo)) log::WriteLine(log::Level::kInfo, AccessLogLine(record, ended));
}

}  // namespace wayleave::gateway
