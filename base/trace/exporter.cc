#include "base/trace/exporter.h"

#include <pthread.h>

#include <algorithm>

#include "base/crypto/random.h"
#include "base/log/log.h"
#include "base/trace/otlp.h"

namespace wayleave::trace {
namespace {

using Verdict = Collector::Answer::Verdict;

constexpr int kMostAttempts = 5;

prometheus::Counter& LostCounter(metrics::Registry& registry, const char* reason) {
  return registry.Counter(
      "wayleave_trace_spans_lost_total",
      "Spans that no collector has: the queue was full, or it could not be reached or refused them.",
      {{"reason", reason}});
}

}  // namespace

Exporter::Exporter(ExporterConfig config, std::string resource, metrics::Registry& registry)
    : config_(std::move(config)),
      resource_(std::move(resource)),
      exported_(registry.Counter("wayleave_trace_spans_exported_total", "Spans that the collector has taken.")),
      queue_full_(LostCounter(registry, "queue_full")),
      undelivered_(LostCounter(registry, "undelivered")),
      rejected_(LostCounter(registry, "rejected")),
      queue_(config_.queue, config_.batch),
      collector_(config_) {
  worker_.Post([this] { running_.Spawn(Run()); });
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "traces");
    worker_.Run();
  });
}

Exporter::~Exporter() { Stop(std::chrono::milliseconds(0)); }

void Exporter::Take(std::string_view span) {
  switch (queue_.Push(span)) {
    case SpanQueue::Put::kFirst:
      return worker_.Post([this] { wake_.Set(); });
    case SpanQueue::Put::kFullBatch:
      return worker_.Post([this] { gathered_.Set(); });
    case SpanQueue::Put::kLost:
      return queue_full_.Increment();
    case SpanQueue::Put::kQueued:
      return;
  }
}

void Exporter::Stop(std::chrono::milliseconds grace) {
  if (!thread_.joinable()) return;
  queue_.Close();
  worker_.Post([this, grace] { BeginToEnd(grace); });
  thread_.join();
}

void Exporter::BeginToEnd(std::chrono::milliseconds grace) {
  stopping_ = true;
  grace_.emplace(worker_.deadlines(), [this] { collector_.Cancel(); });
  grace_->Set(grace);
  for (Event* event : {&wake_, &gathered_, &try_again_}) event->Set();
}

Task<void> Exporter::Run() {
  while (!stopping_) {
    while (!stopping_ && queue_.Empty()) co_await wake_;
    co_await Gather();
    co_await SendOldest();
  }
  while (!queue_.Empty()) co_await SendOldest();
  worker_.Stop();
}

// Until there is a full batch, or what there is has waited for it long enough: under load whatever has come while a
// batch was on its way would otherwise be the next one, and a few spans cost a request to the collector each time.
Task<void> Exporter::Gather() {
  bool late = false;
  Deadline end(worker_.deadlines(), [this, &late] {
    late = true;
    gathered_.Set();
  });
  end.Set(config_.gather);
  while (!late && !stopping_ && !queue_.HasBatch()) co_await gathered_;
}

Task<void> Exporter::Await(Event& event, std::chrono::milliseconds time) {
  Deadline late(worker_.deadlines(), [&event] { event.Set(); });
  late.Set(time);
  co_await event;
}

Task<void> Exporter::SendOldest() {
  SpanBatch batch = queue_.Take();
  if (batch.spans == 0) co_return;
  const std::string head = HeadOf(resource_, batch.bytes.view().size());
  const std::vector<std::string_view> body{head, batch.bytes.view()};
  const Answer answer = co_await Deliver(body);
  if (answer.verdict == Verdict::kTaken) {
    Taken(batch.spans, answer);
  } else {
    Lost(batch.spans, answer);
  }
  queue_.Recycle(std::move(batch));
}

// What the collector has said in the end.
Task<Exporter::Answer> Exporter::Deliver(const std::vector<std::string_view>& body) {
  for (int attempt = 1;; ++attempt) {
    const bool last = stopping_ || attempt == kMostAttempts;
    const Answer answer = co_await collector_.Send(body);
    if (answer.verdict != Verdict::kAgain || last) co_return answer;
    co_await Await(try_again_, PauseAfter(attempt, answer));
  }
}

std::chrono::milliseconds Exporter::PauseAfter(int attempt, const Answer& answer) const {
  auto pause = config_.pause * (1 << (attempt - 1));
  pause += pause * (crypto::RandomWord() % 256) / 1024;  // so that processes that failed together try apart
  return std::max<std::chrono::milliseconds>(pause, answer.retry_after.value_or(std::chrono::milliseconds(0)));
}

void Exporter::Taken(std::size_t spans, const Answer& answer) {
  const auto rejected = std::min<std::size_t>(static_cast<std::size_t>(answer.rejected), spans);
  exported_.Increment(static_cast<double>(spans - rejected));
  rejected_.Increment(static_cast<double>(rejected));
  if (std::exchange(failing_, false)) log::Info("traces_delivered_again", {{"collector", collector_.Name()}});
}

void Exporter::Lost(std::size_t spans, const Answer& answer) {
  (answer.verdict == Verdict::kRefused ? rejected_ : undelivered_).Increment(static_cast<double>(spans));
  if (std::exchange(failing_, true)) return;
  log::Warning("traces_not_delivered",
               {{"collector", collector_.Name()},
                {"problem", answer.problem},
                {"advice", "requests go on; see whether the collector runs and takes OTLP over HTTP at this address"}});
}

}  // namespace wayleave::trace
