#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/async/deadline.h"
#include "base/async/event.h"
#include "base/async/worker.h"
#include "base/metrics/registry.h"
#include "base/trace/collector.h"
#include "base/trace/span_queue.h"

namespace wayleave::trace {

struct ExporterConfig : CollectorConfig {
  std::chrono::milliseconds gather{1000};  // how long a span waits for others
  std::chrono::milliseconds pause{1000};   // before a batch is sent again; doubles each time
  std::size_t batch = 512;
  std::size_t queue = 8192;
};

// Brings spans to a collector in batches, on a thread of its own. A batch that can't be delivered is tried five times,
// with the pauses that the collector asks for or longer; then it is lost, as is what does not fit the queue meanwhile.
// Nobody ever waits for the collector but Stop(). What was lost is counted, and told in the log once until it is well
// again.
//
// Take() may be called by any thread, the rest by the one that built it.
class Exporter {
 public:
  // `resource` is encoded. The registry must outlive it. Throws std::runtime_error if certificates can't be read.
  Exporter(ExporterConfig config, std::string resource, metrics::Registry& registry);
  ~Exporter();

  // An encoded one.
  void Take(std::string_view span);
  // Sends what is there, within `grace`; what comes later is lost. Idempotent; the first grace counts.
  void Stop(std::chrono::milliseconds grace);

 private:
  using Answer = Collector::Answer;

  Task<void> Run();
  Task<void> Gather();
  Task<void> SendOldest();
  Task<Answer> Deliver(const std::vector<std::string_view>& body);
  Task<void> Await(Event& event, std::chrono::milliseconds time);
  std::chrono::milliseconds PauseAfter(int attempt, const Answer& answer) const;
  void BeginToEnd(std::chrono::milliseconds grace);
  void Taken(std::size_t spans, const Answer& answer);
  void Lost(std::size_t spans, const Answer& answer);

  const ExporterConfig config_;
  const std::string resource_;
  prometheus::Counter& exported_;
  prometheus::Counter& queue_full_;
  prometheus::Counter& undelivered_;
  prometheus::Counter& rejected_;
  SpanQueue queue_;

  // Of the thread alone.
  Worker worker_;
  Collector collector_;
  Event wake_;       // a span has come, or it is time to end
  Event gathered_;   // a batch is full, or it is time to end
  Event try_again_;  // a pause is over
  std::optional<Deadline> grace_;
  bool stopping_ = false;
  bool failing_ = false;
  TaskGroup running_;

  std::thread thread_;
};

}  // namespace wayleave::trace
