#include "base/trace/collector.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/trace/otlp.h"
#include "base/version.h"

namespace wayleave::trace {
namespace {

using Verdict = Collector::Answer::Verdict;

constexpr std::size_t kMostAnswer = 64 * 1024;
constexpr std::chrono::seconds kMostPatience{60};

// What the specification of OTLP lets senders repeat.
bool IsPassing(int status) { return status == 429 || (status >= 502 && status <= 504); }

std::optional<std::time_t> SecondsUntil(const std::string& text) {
  std::time_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && *end == '\0') return seconds;
  std::tm time{};
  const char* rest = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
  if (!rest || *rest) return std::nullopt;
  return timegm(&time) - std::time(nullptr);
}

std::optional<std::chrono::milliseconds> RetryAfter(const http::ResponseHead& head) {
  const std::string text(http::FindHeader(head.headers, "retry-after"));
  if (text.empty()) return std::nullopt;
  const auto seconds = SecondsUntil(text);
  if (!seconds) return std::nullopt;
  return std::clamp<std::chrono::seconds>(std::chrono::seconds(*seconds), std::chrono::seconds(0), kMostPatience);
}

http::ClientTimeouts Timeouts(std::chrono::milliseconds total) {
  http::ClientTimeouts timeouts;
  timeouts.connect = timeouts.first_byte = timeouts.idle = timeouts.total = total;
  return timeouts;
}

}  // namespace

Collector::Collector(CollectorConfig config)
    : config_(std::move(config)),
      tls_(config_.url.tls ? std::make_unique<net::TlsContext>(config_.ca_file) : nullptr),
      origin_{config_.url.host, config_.url.port, tls_.get()} {
  headers_ = {{"content-type", "application/x-protobuf"}, {"user-agent", std::string("wayleave/") + kVersion}};
  for (const auto& [name, value] : config_.headers) headers_.emplace_back(name, value.Reveal());
}

std::string Collector::Name() const {
  return (config_.url.tls ? "https://" : "http://") + origin_.Authority() + config_.url.path;
}

Task<Collector::Answer> Collector::Send(const std::vector<std::string_view>& body) {
  if (cancelled_) co_return Answer{Verdict::kAgain, 0, {}, "given up"};
  http::Exchange exchange(pool_, origin_, Timeouts(config_.timeout));
  exchange_ = &exchange;
  const std::string target = config_.url.path.empty() ? "/" : config_.url.path;
  const http::ClientRequest request{"POST", target, &headers_, &body};
  const auto head = co_await exchange.Send(request);
  Answer answer{Verdict::kAgain, 0, {}, head ? "" : head.error().message};
  if (head) answer = co_await Read(exchange, *head);
  exchange_ = nullptr;
  co_return answer;
}

Task<Collector::Answer> Collector::Read(http::Exchange& exchange, const http::ResponseHead& head) {
  std::string body;
  for (bool more = true; more && body.size() < kMostAnswer;) {
    const auto read = co_await exchange.ReadBody(body);
    more = read && *read != http::Exchange::Body::kEnd;
  }
  exchange.Release();
  Answer answer;
  if (head.status / 100 == 2) {
    answer.verdict = Verdict::kTaken;
    answer.rejected = std::max<std::int64_t>(RejectedIn(body), 0);
    co_return answer;
  }
  answer.verdict = IsPassing(head.status) ? Verdict::kAgain : Verdict::kRefused;
  answer.retry_after = RetryAfter(head);
  answer.problem = "it answers with status " + std::to_string(head.status);
  co_return answer;
}

void Collector::Cancel() {
  cancelled_ = true;
  if (exchange_) exchange_->Cancel();
}

}  // namespace wayleave::trace
