#include "gateway/generation_handler.h"

#include "base/async/deadline.h"
#include "base/crypto/id.h"
#include "gateway/account.h"
#include "gateway/catalogue.h"
#include "gateway/credentials.h"
#include "gateway/doors.h"
#include "gateway/envelope.h"
#include "gateway/errors.h"
#include "gateway/orders.h"

namespace wayleave::gateway {
namespace {

using provider::v1::Endpoint;
using provider::v1::GenerateResponse;
using router::v1::Target;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kAdmissionTime{10000};    // all the questions before a generation together
constexpr std::chrono::milliseconds kProviderPatience{2000};  // while the provider-service is away
constexpr std::chrono::milliseconds kProviderPause{50};
constexpr const char* kModelsEtag = "x-models-etag";
constexpr std::size_t kMostDocumentBytes = std::size_t{256} << 20;

// One generation on its way. Lives in the coroutine that answers it.
class OneGeneration {
 public:
  OneGeneration(GenerationServices& services, http::Request& request, AnswerSink& sink, Endpoint endpoint,
                Record& record)
      : services_(services),
        request_(request),
        sink_(sink),
        endpoint_(endpoint),
        record_(record),
        account_(services, record, request.body.size(), endpoint != provider::v1::ENDPOINT_COUNT_TOKENS) {
    context_.request_id = record.request_id;
    context_.traceparent = request.headers.Get("traceparent");
  }

  Task<void> Answer() {
    const bool admitted = co_await Admit();
    if (!admitted) co_return;
    auth::v1::Settlement draft = DraftOf(known(), record_, reservation_id_, route_.targets(0));
    account_.Open(std::move(draft));
    Deadline total(Worker::Current()->deadlines(), [this] { RunOutOfTime(); });
    if (services_.total_timeout.count() > 0) total.Set(services_.total_timeout);
    sink_.OnGone([this] { ClientLeft(); });
    co_await TryTargets();
    sink_.OnGone({});
    account_.Settle(gone_);
  }

 private:
  // Every step before a provider is asked. False after an error was sent.
  Task<bool> Admit() {
    const rpc::CallContext context = context_.Within(kAdmissionTime);
    const auth::v1::AuthenticateRequest credential = CredentialOf(request_.headers);
    auto who = co_await services_.ports.auth.Authenticate(credential, context);
    if (!who) co_return co_await Refuse(std::move(who).error());
    principal_ = std::move(*who->mutable_principal());
    record_.tenant = principal_.tenant();
    record_.key_id = principal_.key_id();

    Result<Envelope> envelope = ReadEnvelope(request_.body);
    if (!envelope) co_return co_await Refuse(std::move(envelope).error());
    envelope_ = std::move(*envelope);
    envelope_.stream = envelope_.stream && MayStream(endpoint_);
    record_.model = envelope_.model;
    record_.stream = envelope_.stream;

    const router::v1::RouteRequest facts = FactsOf(known());
    auto route = co_await services_.ports.router.Route(facts, context);
    if (!route) co_return co_await Refuse(std::move(route).error());
    if (route->targets().empty()) {
      Error fault{Code::kInternal, "The router named no target.", {}, {}};
      co_return co_await Refuse(std::move(fault));
    }
    route_ = std::move(*route);
    record_.rule = route_.rule();
    co_return co_await Reserve(context);
  }

  Known known() const { return {request_, envelope_, principal_, endpoint_}; }

  Task<bool> Reserve(const rpc::CallContext& context) {
    reservation_id_ = crypto::MakeId("rsv_");
    const auto lifetime = services_.total_timeout.count() > 0 ? services_.total_timeout : std::chrono::hours(24);
    const auth::v1::ReserveRequest hold = HoldOf(known(), reservation_id_, lifetime + std::chrono::minutes(1));
    auto held = co_await services_.ports.auth.Reserve(hold, context);
    if (!held) co_return co_await Refuse(std::move(held).error());
    co_return true;
  }

  Task<void> TryTargets() {
    const int count = route_.targets_size();
    for (int i = 0; i < count && !stopped(); ++i) {
      target_ = &route_.targets(i);
      account_.Try(*target_);
      const bool answered = co_await TryTarget();
      if (answered) co_return;
      if (i + 1 < count && !stopped()) services_.probe.FellBack(target_->provider());
    }
    if (gone_) co_return;
    if (timed_out_) failure_ = TimeoutFailure();
    co_await SendFailure();
  }

  // False when this target gave nothing and the next one may be tried; failure_ then says why.
  Task<bool> TryTarget() {
    const auto until = Clock::now() + kProviderPatience;
    for (;;) {
      provider::v1::GenerateRequest order = OrderOf(known(), *target_);
      generation_ = services_.ports.provider.Generate(std::move(order), context_);
      if (!record_.dispatched) record_.dispatched = Clock::now();
      GenerateResponse piece;
      const bool got = co_await generation_->Next(piece);
      if (got && !piece.has_failure()) {
        co_await Relay(piece);
        generation_.reset();
        co_return true;
      }
      if (got) failure_ = piece.failure();
      const Status status = got ? Status{} : generation_->status();
      generation_.reset();
      if (stopped()) co_return false;
      if (got) {
        NoteFailure();
        co_return false;
      }
      // The provider-service itself is away: it may be restarting, and the client has seen nothing.
      failure_ = ServiceFailure(status);
      final_failure_ = !failure_.retryable();
      if (final_failure_ || Clock::now() + kProviderPause > until) co_return false;
      co_await Sleep(kProviderPause);
      if (stopped()) co_return false;
    }
  }

  // Faults of the request would be the same everywhere: they end the tour of the targets.
  void NoteFailure() {
    final_failure_ = !failure_.retryable();
    if (!final_failure_) account_.ReportFailure(failure_);
  }

  bool stopped() const { return gone_ || timed_out_ || final_failure_; }

  Task<void> Relay(GenerateResponse& piece) {
    record_.first_event = Clock::now();
    head_ = piece.head();
    if (envelope_.stream) {
      co_await RelayStream(piece);
    } else {
      co_await RelayDocument(piece);
    }
  }

  Task<void> RelayStream(GenerateResponse& piece) {
    http::HeaderList headers = Headers();
    headers.Add("Cache-Control", "no-cache");
    record_.status = head_.status();
    sink_.Begin(head_.status(), std::move(headers));
    response_id_ = ResponseIdIn(piece.data());
    do {
      account_.Note(piece);
      if (piece.has_end()) account_.Settle(false);  // on disk before the client sees the end
      const bool sent = co_await sink_.Write(piece.data());
      services_.probe.Delivered(piece.events(), piece.data().size());
      if (!sent || piece.has_end()) break;
      piece.Clear();
    } while (co_await generation_->Next(piece));
    if (!account_.ended() && !sink_.gone()) {
      const std::string event = Broken();
      account_.Settle(false);
      co_await sink_.Write(event);
    }
    co_await sink_.End();
  }

  Task<void> RelayDocument(GenerateResponse& piece) {
    std::string body;
    do {
      account_.Note(piece);
      body.append(piece.data());
      if (piece.has_end() || body.size() > kMostDocumentBytes) break;
      piece.Clear();
    } while (co_await generation_->Next(piece));
    if (gone_) co_return;
    if (!account_.ended()) {
      failure_ = timed_out_ ? TimeoutFailure() : ServiceFailure(generation_->status());
      account_.Fail();
      co_return co_await SendFailure();
    }
    account_.Settle(false);
    http::Response response;
    response.status = head_.status();
    response.headers = Headers();
    AddMoney(response.headers);
    response.body = std::move(body);
    record_.status = response.status;
    services_.probe.Delivered(1, response.body.size());
    co_await sink_.Send(std::move(response));
  }

  // The provider-service left in the middle, or time ran out.
  std::string Broken() {
    account_.Fail();
    record_.error_code = timed_out_ ? "timeout" : "server_error";
    const char* message = timed_out_ ? "The answer took longer than this gateway allows."
                                     : "The connection to the model broke off. Please try again.";
    return BrokenStreamEvent(endpoint_, response_id_.empty() ? record_.request_id : response_id_, account_.events(),
                             record_.error_code, message);
  }

  http::HeaderList Headers() const {
    http::HeaderList headers;
    headers.Add("Content-Type", http::CleanValue(head_.content_type()));
    for (const auto& [name, value] : head_.headers()) {
      if (name != kModelsEtag) headers.Add(name, http::CleanValue(value));
    }
    // Codex fetches GET /v1/models again when this is not the ETag that it had from there.
    if (endpoint_ == provider::v1::ENDPOINT_RESPONSES && !route_.models_etag().empty())
      headers.Add(kModelsEtag, ListEtag(route_.models_etag()));
    headers.Add("x-wayleave-route",
                http::CleanValue(route_.rule() + "; " + target_->provider() + "/" + target_->model()));
    AddIds(endpoint_, record_.request_id, headers);
    services_.cors.Decorate(request_, headers);
    return headers;
  }

  void AddMoney(http::HeaderList& headers) const {
    headers.Add("openai-processing-ms",
                std::to_string((Clock::now() - record_.arrived) / std::chrono::milliseconds(1)));
    const auto cost = account_.cost_nano_usd();
    if (!cost) return;
    char text[40];
    std::snprintf(text, sizeof text, "%.9f", static_cast<double>(*cost) / 1e9);
    headers.Add("x-wayleave-cost-usd", text);
  }

  Task<bool> Refuse(Error error) {
    record_.error_code = error.reason;
    http::Response response = ErrorResponse(error, addressee());
    co_await Send(std::move(response));
    co_return false;
  }

  Task<void> SendFailure() {
    record_.error_code = failure_.code();
    http::Response response = FailureResponse(failure_, addressee());
    co_await Send(std::move(response));
  }

  Addressee addressee() const { return {endpoint_, record_.request_id}; }

  Task<void> Send(http::Response response) {
    record_.status = response.status;
    AddIds(endpoint_, record_.request_id, response.headers);
    services_.cors.Decorate(request_, response.headers);
    co_await sink_.Send(std::move(response));
  }

  void ClientLeft() {
    gone_ = true;
    if (generation_) generation_->Cancel();
  }

  void RunOutOfTime() {
    timed_out_ = true;
    if (generation_) generation_->Cancel();
  }

  GenerationServices& services_;
  http::Request& request_;
  AnswerSink& sink_;
  const Endpoint endpoint_;
  Record& record_;
  Account account_;
  rpc::CallContext context_;

  Envelope envelope_;
  auth::v1::Principal principal_;
  router::v1::RouteResponse route_;
  std::string reservation_id_;

  const Target* target_ = nullptr;
  std::unique_ptr<Generation> generation_;
  provider::v1::Failure failure_;
  provider::v1::Head head_;
  std::string response_id_;
  bool gone_ = false;
  bool timed_out_ = false;
  bool final_failure_ = false;
};

}  // namespace

Task<void> AnswerGeneration(GenerationServices& services, http::Request& request, AnswerSink& sink, Endpoint endpoint,
                            Record& record) {
  OneGeneration generation(services, request, sink, endpoint, record);
  co_await generation.Answer();
}

}  // namespace wayleave::gateway
