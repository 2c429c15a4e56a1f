#include <algorithm>
#include <cctype>
#include <charconv>
#include <ctime>
#include <string>

#include "provider-service/failures.h"

namespace wayleave::provider {
namespace {

constexpr std::int64_t kMostSeconds = 24 * 3600;

std::optional<std::int64_t> Number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110.
std::optional<std::int64_t> HttpDate(std::string_view text) {
  std::tm time{};
  const std::string date(text);
  const char* end = strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
  if (!end || *end) return std::nullopt;
  return timegm(&time);
}

// "1s", "6m0s", "1h2m", "20ms", "7.5s" as OpenAI writes them, or a bare number of seconds.
std::optional<double> Span(std::string_view text) {
  double seconds = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return std::nullopt;
    text.remove_prefix(end - text.data());
    const std::size_t unit = std::min(text.find_first_of("0123456789."), text.size());
    const std::string_view word = text.substr(0, unit);
    const double factor = word.empty() || word == "s" ? 1
                          : word == "ms"              ? 1e-3
                          : word == "m"               ? 60
                          : word == "h"               ? 3600
                                                      : -1;
    if (factor < 0) return std::nullopt;
    seconds += number * factor;
    text.remove_prefix(unit);
  }
  return seconds;
}

// Some count from now, some name the moment, in seconds or milliseconds.
std::optional<std::int64_t> ResetMs(std::string_view text, std::int64_t now) {
  const auto span = Span(text);
  if (!span) return std::nullopt;
  double seconds = *span;
  if (seconds > 1e12) seconds /= 1e3;
  if (seconds > 1e9) seconds -= static_cast<double>(now);
  return static_cast<std::int64_t>(std::clamp(seconds, 0.0, double{kMostSeconds}) * 1e3);
}

// Of the limits that are used up, or may be, the last to be free again.
std::optional<std::int64_t> RateLimitResetMs(const http::ResponseHead& head, std::int64_t now) {
  std::optional<std::int64_t> latest;
  for (const char* kind : {"", "-requests", "-tokens"}) {
    const auto left = Number(http::FindHeader(head.headers, std::string("x-ratelimit-remaining") + kind));
    const auto reset = ResetMs(http::FindHeader(head.headers, std::string("x-ratelimit-reset") + kind), now);
    if (reset && (!left || *left == 0)) latest = std::max(latest.value_or(0), *reset);
  }
  return latest;
}

}  // namespace

std::optional<std::int64_t> RetryAfterMs(const http::ResponseHead& head, std::int64_t now) {
  if (const auto ms = Number(http::FindHeader(head.headers, "retry-after-ms"))) {
    return std::min(*ms, kMostSeconds * 1000);
  }
  const std::string_view after = http::FindHeader(head.headers, "retry-after");
  if (const auto seconds = Number(after)) return std::min(*seconds, kMostSeconds) * 1000;
  if (const auto date = HttpDate(after)) return std::clamp<std::int64_t>(*date - now, 0, kMostSeconds) * 1000;
  if (head.status == 429) return RateLimitResetMs(head, now);
  return std::nullopt;
}

}  // namespace wayleave::provider
