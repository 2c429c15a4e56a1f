#include "provider-service/generation_times.h"

#include <algorithm>

namespace wayleave::provider {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

milliseconds Pick(const google::protobuf::Duration& wanted, milliseconds configured) {
  const milliseconds time(wanted.seconds() * 1000 + wanted.nanos() / 1'000'000);
  return time.count() > 0 ? time : configured;
}

// Of two limits, either of which may be none.
milliseconds Shorter(milliseconds a, milliseconds b) {
  if (a.count() <= 0) return b;
  return b.count() <= 0 ? a : std::min(a, b);
}

}  // namespace

milliseconds LeftUntil(system_clock::time_point deadline) {
  if (deadline == system_clock::time_point::max()) return std::chrono::hours(1);
  return std::max(std::chrono::duration_cast<milliseconds>(deadline - system_clock::now()), milliseconds(1));
}

GenerationTimes TimesFor(const v1::Timeouts& wanted, const ProviderConfig& config, bool events,
                         system_clock::time_point deadline) {
  GenerationTimes times;
  if (events) times.first_token = Pick(wanted.first_token(), config.first_token);
  times.http.connect = Pick(wanted.connect(), config.timeouts.connect);
  times.http.first_byte = Shorter(Pick(wanted.first_byte(), config.timeouts.first_byte), times.first_token);
  times.http.idle = Pick(wanted.idle(), config.timeouts.idle);
  times.http.total = Pick(wanted.total(), config.timeouts.total);
  const bool ends = deadline != system_clock::time_point::max();
  if (ends) times.http.total = Shorter(times.http.total, LeftUntil(deadline));
  return times;
}

}  // namespace wayleave::provider
