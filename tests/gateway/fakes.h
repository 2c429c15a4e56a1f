#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/async/event.h"
#include "gateway/ports.h"

namespace wayleave::gateway {

// One generation of the fake provider-service, step by step.
class Script {
 public:
  // An answer's first piece.
  static Script Answers(const std::string& data = "", const std::string& content_type = "text/event-stream") {
    Script script;
    provider::v1::GenerateResponse& piece = script.Piece(data);
    piece.mutable_head()->set_status(200);
    piece.mutable_head()->set_content_type(content_type);
    return script;
  }
  static Script Fails(int status, const std::string& code, bool retryable) {
    Script script;
    provider::v1::Failure& failure = *script.Add().mutable_failure();
    failure.set_status(status);
    failure.set_upstream_status(status);
    failure.set_type(status >= 500 ? "server_error" : "invalid_request_error");
    failure.set_code(code);
    failure.set_message("the provider says " + code);
    failure.set_retryable(retryable);
    return script;
  }
  // Of a failure: how long the provider asks to wait.
  Script& RetryAfter(std::chrono::milliseconds wait) {
    google::protobuf::Duration& time = *steps_.back().mutable_failure()->mutable_retry_after();
    time.set_seconds(wait.count() / 1000);
    time.set_nanos(static_cast<std::int32_t>(wait.count() % 1000 * 1'000'000));
    return *this;
  }
  // Of a failure: the provider was not reached.
  Script& NeverSent() {
    steps_.back().mutable_failure()->set_upstream_status(0);
    return *this;
  }
  // Breaks off where another target may carry on.
  Script& Interrupted(const std::string& resume, const std::string& code = "server_error",
                      const std::string& message = "The connection to the model's provider broke off.") {
    provider::v1::Interrupted& interrupted = *Piece("").mutable_interrupted();
    steps_.back().set_events(0);
    interrupted.set_resume(resume);
    interrupted.set_error_code(code);
    interrupted.set_message(message);
    return *this;
  }
  // How the stream ends if it may not go on from here.
  Script& Cut(const std::string& ending) {
    provider::v1::Cut& cut = *steps_.back().mutable_cut();
    cut.set_data(ending);
    cut.set_events(1);
    return *this;
  }
  // A provider-service that is not there.
  static Script Away() { return Script().Dies(Code::kUnavailable); }
  static Script Stalls() { return Script().Stall(); }

  Script& Data(const std::string& data) {
    Piece(data);
    return *this;
  }
  Script& End(provider::v1::Finish finish = provider::v1::FINISH_COMPLETED, std::int64_t input = 100,
              std::int64_t output = 20) {
    provider::v1::End& end = *steps_.back().mutable_end();
    end.set_finish(finish);
    if (finish == provider::v1::FINISH_FAILED) end.set_error_code("server_error");
    if (input == 0) return *this;
    end.mutable_usage()->set_input_tokens(input);
    end.mutable_usage()->set_output_tokens(output);
    return *this;
  }
  Script& WithHeader(const std::string& name, const std::string& value) {
    (*steps_.front().mutable_head()->mutable_headers())[name] = value;
    return *this;
  }
  Script& WithoutUsage() {
    steps_.back().mutable_end()->clear_usage();
    return *this;
  }
  // Waits until it is cancelled.
  Script& Stall() {
    stalls_ = true;
    return *this;
  }
  Script& Dies(Code code) {
    status_ = Error{code, "the service is gone", {}, {}};
    return *this;
  }

 private:
  friend class FakeGeneration;
  provider::v1::GenerateResponse& Add() { return steps_.emplace_back(); }
  provider::v1::GenerateResponse& Piece(const std::string& data) {
    provider::v1::GenerateResponse& piece = Add();
    piece.set_data(data);
    piece.set_events(1);
    output_bytes_ += data.size();
    piece.set_output_bytes(output_bytes_);
    return piece;
  }

  std::deque<provider::v1::GenerateResponse> steps_;
  std::uint64_t output_bytes_ = 0;
  bool stalls_ = false;
  Status status_;
};

class FakeGeneration final : public Generation {
 public:
  FakeGeneration(Script script, std::atomic<int>& stalled, std::atomic<int>& cancelled)
      : script_(std::move(script)), stalled_(stalled), cancelled_(cancelled) {}

  Task<bool> Next(provider::v1::GenerateResponse& piece) override {
    co_await Yield{};
    if (!over_ && !script_.steps_.empty()) {
      piece = std::move(script_.steps_.front());
      script_.steps_.pop_front();
      co_return true;
    }
    if (!over_ && script_.stalls_) {
      ++stalled_;
      co_await woken_;
    }
    over_ = true;
    co_return false;
  }
  void Cancel() override {
    if (std::exchange(over_, true)) return;
    ++cancelled_;
    script_.status_ = Error{Code::kCancelled, "cancelled", {}, {}};
    woken_.Set();
  }
  const Status& status() const override { return script_.status_; }

 private:
  Script script_;
  std::atomic<int>& stalled_;
  std::atomic<int>& cancelled_;
  Event woken_;
  bool over_ = false;
};

class FakeProvider final : public ProviderPort {
 public:
  // What the next generations do; when all are used up, each completes at once.
  FakeProvider& Then(Script script) {
    scripts_.push_back(std::move(script));
    return *this;
  }
  std::unique_ptr<Generation> Generate(provider::v1::GenerateRequest request,
                                       const rpc::CallContext& context) override {
    if (on_generate) on_generate();
    std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
    contexts_.push_back(context);
    Script script = Script::Answers("data: hello\n\n").End();
    if (!scripts_.empty()) {
      script = std::move(scripts_.front());
      scripts_.pop_front();
    }
    return std::make_unique<FakeGeneration>(std::move(script), stalled, cancelled);
  }
  std::vector<provider::v1::GenerateRequest> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  rpc::CallContext context(std::size_t i) const {
    std::lock_guard lock(mutex_);
    return contexts_.at(i);
  }

  std::function<void()> on_generate;
  std::atomic<int> stalled{0};
  std::atomic<int> cancelled{0};

 private:
  mutable std::mutex mutex_;
  std::deque<Script> scripts_;
  std::vector<provider::v1::GenerateRequest> requests_;
  std::vector<rpc::CallContext> contexts_;
};

// Knows every credential but none at all; keeps what is settled.
class FakeAuth final : public AuthPort {
 public:
  Task<Result<auth::v1::AuthenticateResponse>> Authenticate(const auth::v1::AuthenticateRequest& request,
                                                            const rpc::CallContext&) override {
    ++asked;
    if (slow) co_await let_go;
    if (refusal) co_return *refusal;
    if (request.api_key().empty()) co_return Error{Code::kUnauthenticated, "There is no key.", {}, {}};
    auth::v1::AuthenticateResponse answer;
    answer.mutable_principal()->set_tenant("default");
    answer.mutable_principal()->set_user("ann");
    answer.mutable_principal()->set_key_id("key_" + request.api_key());
    *answer.mutable_principal()->mutable_policy() = policy;
    co_return answer;
  }
  Task<Result<auth::v1::ReserveResponse>> Reserve(const auth::v1::ReserveRequest& request,
                                                  const rpc::CallContext&) override {
    std::lock_guard lock(mutex_);
    reserved_.push_back(request);
    if (reserve_refusal && reserved_.size() > granted_first) co_return *reserve_refusal;
    auth::v1::ReserveResponse answer;
    if (places) {
      auth::v1::Standing& standing = *answer.add_standings();
      standing.set_measure(auth::v1::Standing::MEASURE_CONCURRENT);
      standing.set_limit(places);
    }
    co_return answer;
  }
  Task<Status> Vacate(const auth::v1::VacateRequest& request, const rpc::CallContext&) override {
    if (on_vacate) on_vacate();
    std::lock_guard lock(mutex_);
    vacated_.push_back(request.reservation_id());
    if (vacate_refusal) co_return *vacate_refusal;
    co_return Status();
  }
  Task<Result<auth::v1::SettleResponse>> Settle(const auth::v1::SettleRequest& request,
                                                const rpc::CallContext&) override {
    std::lock_guard lock(mutex_);
    settled_.insert(settled_.end(), request.settlements().begin(), request.settlements().end());
    co_return auth::v1::SettleResponse();
  }
  std::vector<auth::v1::Settlement> settled() const {
    std::lock_guard lock(mutex_);
    return settled_;
  }
  std::vector<std::string> vacated() const {
    std::lock_guard lock(mutex_);
    return vacated_;
  }
  std::vector<auth::v1::ReserveRequest> reserved() const {
    std::lock_guard lock(mutex_);
    return reserved_;
  }

  std::optional<Error> refusal;
  auth::v1::Policy policy;
  std::optional<Error> reserve_refusal;
  std::size_t granted_first = 0;  // so many are not refused
  std::int64_t places = 0;        // a limit of requests at a time; 0: none
  std::optional<Error> vacate_refusal;
  std::function<void()> on_vacate;
  bool slow = false;  // Authenticate waits for `let_go`
  Event let_go;
  std::atomic<int> asked{0};

 private:
  mutable std::mutex mutex_;
  std::vector<auth::v1::ReserveRequest> reserved_;
  std::vector<auth::v1::Settlement> settled_;
  std::vector<std::string> vacated_;
};

// Routes everything to the same targets.
class FakeRouter final : public RouterPort {
 public:
  FakeRouter() {
    route.set_rule("exact");
    AddTarget("alpha", "alpha-model");
  }
  router::v1::Target& AddTarget(const std::string& provider, const std::string& model) {
    router::v1::Target& target = *route.add_targets();
    target.set_listed(true);
    target.set_provider(provider);
    target.set_model(model);
    return target;
  }
  Task<Result<router::v1::RouteResponse>> Route(const router::v1::RouteRequest& request,
                                                const rpc::CallContext&) override {
    std::lock_guard lock(mutex_);
    asked_.push_back(request);
    if (refusal) co_return *refusal;
    co_return route;
  }
  Task<Result<router::v1::ExplainResponse>> Explain(const router::v1::ExplainRequest& request,
                                                    const rpc::CallContext&) override {
    std::lock_guard lock(mutex_);
    explained_.push_back(request);
    router::v1::ExplainResponse answer;
    router::v1::Step& step = *answer.add_steps();
    step.set_rule("night");
    step.set_reason("It is day.");
    if (refusal) {
      answer.set_refusal(refusal->message);
    } else {
      *answer.mutable_decision() = route;
    }
    co_return answer;
  }
  Task<Result<router::v1::ListModelsResponse>> ListModels(const router::v1::ListModelsRequest&,
                                                          const rpc::CallContext&) override {
    if (refusal) co_return *refusal;
    co_return models;
  }
  Task<Result<router::v1::ReportOutcomeResponse>> ReportOutcome(const router::v1::ReportOutcomeRequest& request,
                                                                const rpc::CallContext&) override {
    std::lock_guard lock(mutex_);
    reports_.push_back(request);
    if (report_refusal) co_return *report_refusal;
    co_return router::v1::ReportOutcomeResponse();
  }
  std::vector<router::v1::RouteRequest> asked() const {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  std::vector<router::v1::ExplainRequest> explained() const {
    std::lock_guard lock(mutex_);
    return explained_;
  }
  std::vector<router::v1::ReportOutcomeRequest> outcomes() const {
    std::lock_guard lock(mutex_);
    return reports_;
  }
  // "alpha ok", "beta status_429", …
  std::vector<std::string> reports() const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> words;
    for (const auto& report : reports_)
      words.push_back(report.provider() + " " + (report.ok() ? "ok" : report.error()));
    return words;
  }

  router::v1::RouteResponse route;
  router::v1::ListModelsResponse models;
  std::optional<Error> refusal;
  std::optional<Error> report_refusal;

 private:
  mutable std::mutex mutex_;
  std::vector<router::v1::RouteRequest> asked_;
  std::vector<router::v1::ExplainRequest> explained_;
  std::vector<router::v1::ReportOutcomeRequest> reports_;
};

}  // namespace wayleave::gateway
