#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/async/worker.h"
#include "base/metrics/registry.h"
#include "provider-service/core.h"
#include "tests/provider-service/fake_upstream.h"

namespace wayleave::testing {

// Where a stream might have ended.
struct CutPlace {
  std::string after;  // all data before it
  std::string ending;
};

// What became of one generation.
struct Answer {
  int pieces = 0;
  bool has_head = false;
  provider::v1::Head head;
  std::string data;
  std::uint32_t events = 0;
  bool has_failure = false;
  provider::v1::Failure failure;
  bool has_end = false;
  provider::v1::End end;
  bool has_interrupted = false;
  provider::v1::Interrupted interrupted;
  std::vector<CutPlace> cuts;
  Status status;
  std::chrono::milliseconds first_piece_after{0};
};

struct AskOptions {
  std::chrono::milliseconds cancel_after{0};
  std::string request_id = "req_test";
  trace::Context trace{};
};

// A provider-service core on one worker, configured by YAML.
class Harness {
 public:
  explicit Harness(const std::string& yaml);
  ~Harness();

  Answer Ask(const provider::v1::GenerateRequest& request, AskOptions options = {});
  provider::v1::ListModelsResponse ListModels();
  Result<provider::v1::ProbeResponse> Probe(const std::string& provider);

  Worker& worker() { return worker_; }
  provider::Core& core() { return *core_; }
  // The value of a metric's line, "" if there is none: Metric("wayleave_x{a=\"b\"}").
  std::string Metric(const std::string& series);

 private:
  metrics::Registry registry_{"provider"};
  Worker worker_;
  std::unique_ptr<provider::Core> core_;
};

// A request with its model range set, as the gateway makes it.
provider::v1::GenerateRequest RequestFor(provider::v1::Endpoint endpoint, const std::string& provider, bool stream,
                                         const std::string& text = "hello");

// How often `part` stands in `text`.
int CountOf(const std::string& text, const std::string& part);

}  // namespace wayleave::testing
