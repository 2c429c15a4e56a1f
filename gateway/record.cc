#include "gateway/record.h"

#include "base/log/log.h"
#include "base/text/json_line.h"

namespace wayleave::gateway {
namespace {

using Clock = std::chrono::steady_clock;
using text::JsonLine;
using text::MemberName;

// What did not take place is not told.
template <MemberName name>
void Phase(JsonLine& line, Clock::duration time) {
  if (time.count() > 0) line.Milliseconds<name>(time);
}

// None is not told.
template <MemberName name>
void Some(JsonLine& line, std::int64_t count) {
  if (count > 0) line.Number<name>(count);
}

// All but the waiting for others.
Clock::duration Added(const Record& record, Clock::time_point now) {
  return now - record.arrived - record.phases.upstream - record.phases.client;
}

void Generation(JsonLine& line, const auth::v1::Settlement& s) {
  line.Text<"provider">(s.provider());
  line.Text<"upstream_model">(s.upstream_model());
  line.Text<"session">(s.session());
  line.Text<"outcome">(WordOf(s.outcome()));
  line.Number<"input_tokens">(s.usage().input_tokens());
  Some<"cached_input_tokens">(line, s.usage().cached_input_tokens());
  line.Number<"output_tokens">(s.usage().output_tokens());
  if (s.estimated()) line.True<"estimated">();
  Some<"reasoning_tokens">(line, s.usage().reasoning_tokens());
  line.Number<"cost_nano_usd">(s.cost_nano_usd());
}

void Times(JsonLine& line, const Record& record, Clock::time_point ended) {
  const Phases& phases = record.phases;
  Phase<"authenticate_ms">(line, phases.authenticate);
  Phase<"route_ms">(line, phases.route);
  Phase<"reserve_ms">(line, phases.reserve);
  if (record.dispatched) line.Milliseconds<"overhead_ms">(*record.dispatched - record.arrived);
  if (record.first_event && record.dispatched) Phase<"first_byte_ms">(line, *record.first_event - *record.dispatched);
  if (record.stream && record.first_event) Phase<"stream_ms">(line, ended - *record.first_event);
  Phase<"settle_ms">(line, phases.settle);
  if (record.settlement) line.Milliseconds<"added_ms">(Added(record, ended));
  line.Milliseconds<"duration_ms">(ended - record.arrived);
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
  return "wayleave;dur=" + text::MillisecondsText(Added(record, now)) +
         ", upstream;dur=" + text::MillisecondsText(record.phases.upstream);
}

std::string_view AccessLogLine(const Record& record, Clock::time_point ended, text::ByteBuffer& into) {
  JsonLine line(into);
  line.Text<"time">(log::Now());
  line.Text<"level">("info");
  line.Text<"event">("request");
  line.Text<"request_id">(record.request_id);
  if (record.span.context().traceable()) line.Text<"trace_id">(trace::TraceIdText(record.span.context()));
  line.Text<"peer">(record.peer);
  line.Text<"method">(record.method);
  line.Text<"endpoint">(record.endpoint);
  line.Number<"status">(record.status);
  line.Text<"tenant">(record.tenant);
  line.Text<"user">(record.user);
  line.Text<"key_id">(record.key_id);
  line.Text<"model">(record.model);
  line.Text<"rule">(record.rule);
  if (record.stream) line.True<"stream">();
  Some<"attempts">(line, record.attempts);
  if (record.settlement) Generation(line, *record.settlement);
  line.Text<"error_code">(record.error_code);
  Some<"request_bytes">(line, static_cast<std::int64_t>(record.request_bytes));
  Some<"answer_bytes">(line, static_cast<std::int64_t>(record.answer_bytes));
  Times(line, record, ended);
  return line.End();
}

void LogAccess(const Record& record, Clock::time_point ended) {
  if (!log::Enabled(log::Level::kInfo)) return;
  thread_local text::ByteBuffer buffer;
  log::WriteLine(log::Level::kInfo, AccessLogLine(record, ended, buffer));
}

}  // namespace wayleave::gateway
