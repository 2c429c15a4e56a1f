#include "gateway/limits/limit_headers.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace wayleave::gateway {
namespace {

using auth::v1::Standing;

constexpr int kDayMinutes = 24 * 60;
constexpr int kMonthMinutes = 30 * kDayMinutes;

std::int64_t LimitOf(const Standing& standing) { return standing.has_limit() ? standing.limit() : standing.soft(); }

double UsedPart(const Standing& standing) {
  const auto limit = static_cast<double>(LimitOf(standing));
  return limit <= 0 ? 1 : std::clamp(static_cast<double>(standing.used() + standing.held()) / limit, 0.0, 1.0);
}

const Standing* Tightest(const Standings& standings, Standing::Measure measure) {
  const Standing* tightest = nullptr;
  for (const Standing& standing : standings) {
    if (standing.measure() != measure || LimitOf(standing) < 0) continue;
    if (!tightest || UsedPart(standing) > UsedPart(*tightest)) tightest = &standing;
  }
  return tightest;
}

std::string Seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3gs", std::max(0.0, seconds));
  return text;
}

void AddOne(const Standings& standings, Standing::Measure measure, const std::string& what,
            std::chrono::system_clock::time_point now, http::HeaderList& headers) {
  const Standing* standing = Tightest(standings, measure);
  if (!standing || !standing->has_limit()) return;
  const double resets = static_cast<double>(standing->resets_at().seconds()) + standing->resets_at().nanos() / 1e9;
  const double seconds = std::chrono::duration<double>(now.time_since_epoch()).count();
  headers.Add("x-ratelimit-limit-" + what, std::to_string(standing->limit()));
  headers.Add("x-ratelimit-remaining-" + what,
              std::to_string(std::max<std::int64_t>(0, standing->limit() - standing->used() - standing->held())));
  headers.Add("x-ratelimit-reset-" + what, Seconds(resets - seconds));
}

struct Shown {
  const Standing* standing;
  int minutes;
};

std::vector<Shown> ShownOf(const Standings& standings) {
  std::vector<Shown> shown;
  if (const Standing* day = Tightest(standings, Standing::MEASURE_DAY)) shown.push_back({day, kDayMinutes});
  if (const Standing* month = Tightest(standings, Standing::MEASURE_MONTH)) shown.push_back({month, kMonthMinutes});
  if (!shown.empty()) return shown;
  if (const Standing* tokens = Tightest(standings, Standing::MEASURE_TOKENS)) shown.push_back({tokens, 1});
  if (const Standing* requests = Tightest(standings, Standing::MEASURE_REQUESTS)) shown.push_back({requests, 1});
  return shown;
}

}  // namespace

void AddRateLimits(const Standings& standings, std::chrono::system_clock::time_point now, http::HeaderList& headers) {
  AddOne(standings, Standing::MEASURE_REQUESTS, "requests", now, headers);
  AddOne(standings, Standing::MEASURE_TOKENS, "tokens", now, headers);
}

void AddCodexLimits(const Standings& standings, http::HeaderList& headers) {
  const char* name = "x-codex-primary-";
  for (const Shown& shown : ShownOf(standings)) {
    char percent[16];
    std::snprintf(percent, sizeof percent, "%.1f", UsedPart(*shown.standing) * 100);
    headers.Add(std::string(name) + "used-percent", percent);
    headers.Add(std::string(name) + "window-minutes", std::to_string(shown.minutes));
    headers.Add(std::string(name) + "reset-at", std::to_string(shown.standing->resets_at().seconds()));
    name = "x-codex-secondary-";
  }
}

}  // namespace wayleave::gateway
