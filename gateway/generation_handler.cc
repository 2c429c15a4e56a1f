#include "gateway/generation_handler.h"

#include "base/async/deadline.h"
#include "gateway/account.h"
#include "gateway/admission.h"
#include "gateway/catalogue.h"
#include "gateway/errors.h"
#include "gateway/limits/limit_headers.h"
#include "gateway/orders.h"
#include "gateway/route_header.h"
#include "gateway/tour.h"

namespace wayleave::gateway {
namespace {

using provider::v1::Endpoint;
using provider::v1::GenerateResponse;
using Clock = std::chrono::steady_clock;

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
        account_(services, record, request.body.size(), endpoint) {
    context_.request_id = record.request_id;
    context_.trace = record.span.context();
    record.request_bytes = request.body.size();
  }

  Task<void> Answer() {
    Status admitted = co_await Admit(services_, request_, endpoint_, context_, admission_, record_);
    if (!admitted) {
      co_await Refuse(std::move(admitted).error());
      co_return;
    }
    services_.retries.Earn();
    protection_.Apply(services_.redaction, record_.tenant, request_, admission_.envelope);
    const Known known{request_, admission_.envelope, admission_.principal, endpoint_};
    const auth::v1::ReserveResponse& held = admission_.hold.response();
    auth::v1::Settlement draft = DraftOf(known, record_, admission_.hold.id(), held.has_grant() ? &held.grant() : nullptr,
                                         route().targets(0));
    draft.set_route_facts(std::move(admission_.route_facts));
    account_.Open(std::move(draft));
    account_.KeepContent(admission_.principal.policy(), request_.body);
    tour_.emplace(services_, known, route(), admission_.hold, account_, record_, context_);
    Deadline total(Worker::Current()->deadlines(), [this] { EndWith(TimeoutFailure()); });
    if (services_.total_timeout.count() > 0) total.Set(services_.total_timeout);
    const Cuts::Place place(services_.cuts, [this] {
      account_.Stop();
      EndWith(LeavingFailure());
    });
    sink_.OnGone([this] { ClientLeft(); });
    co_await TakeTour();
    sink_.OnGone({});
    co_await Close();
  }

 private:
  // Before the client sees the end: what it used is on disk, and its next request finds its place free.
  Task<void> Close() {
    account_.Settle(gone_);
    co_await admission_.hold.Vacate(context_);
  }

  Task<void> TakeTour() {
    Tour& tour = *tour_;
    GenerateResponse piece;
    const bool begun = co_await tour.Begin(piece);
    if (gone_) co_return;
    if (begun) {
      co_await Relay(piece);
      tour.End();
      co_return;
    }
    provider::v1::Failure failure = ours_ ? *ours_ : tour.failure();
    co_await SendFailure(std::move(failure));
  }

  Task<void> Relay(GenerateResponse& piece) {
    record_.first_event = Clock::now();
    head_ = piece.head();
    if (record_.stream) {
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
    Tour& tour = *tour_;
    bool more = true;
    while (more) {
      // What is not paid for is not delivered.
      if (!IsPaid(piece)) {
        const bool grown = co_await admission_.hold.GrowTo(account_.OutputTokensWith(piece), context_);
        if (!grown) co_return co_await CutHere();
      }
      account_.Note(piece);
      NoteCut(piece);
      if (piece.has_end()) co_await Close();
      const bool sent = co_await WriteEvents(piece.data());
      services_.probe.Delivered(piece.events(), piece.data().size());
      if (!sent || piece.has_end()) break;
      if (piece.has_interrupted()) {
        more = co_await CarryOn(piece);
      } else {
        const Lap waiting(record_.phases.upstream);
        more = co_await tour.Next(piece);
      }
    }
    if (!account_.ended() && !sink_.gone()) {
      co_await WriteEnd(Broken());
    }
    co_await sink_.End();
  }

  bool IsPaid(const GenerateResponse& piece) const {
    const Hold& hold = admission_.hold;
    return !hold.limits_output() || hold.Covers(account_.OutputTokensWith(piece));
  }

  // It holds until something is delivered behind it.
  void NoteCut(GenerateResponse& piece) {
    cut_.reset();
    if (piece.has_cut()) cut_ = std::move(*piece.mutable_cut());
  }

  // What was taken out of the request is put back on the way.
  Task<bool> WriteEvents(const std::string& events) {
    if (!protection_.restores()) co_return co_await Send(events);
    const std::string restored = protection_.Feed(events);
    co_return co_await Send(restored);
  }

  Task<bool> Send(const std::string& events) {
    record_.answer_bytes += events.size();
    const Lap writing(record_.phases.client);
    co_return co_await sink_.Write(events);
  }

  // Ends a stream that its provider did not end.
  Task<void> WriteEnd(std::string event) {
    account_.NoteOwn(event);
    if (protection_.restores()) event.insert(0, protection_.End());
    co_await Close();
    co_await Send(event);
  }

  // What is held for it is used up, and its provider goes on all the same. A provider-service that has not said how it
  // ends then counts otherwise than we do.
  Task<void> CutHere() {
    account_.Cut();
    tour_->Stop();
    record_.error_code = "budget_exceeded";
    if (!cut_) {
      co_await WriteEnd(BrokenEvent("The answer is longer than what was left of the budget allows."));
    } else {
      account_.NoteOwn(cut_->data());
      co_await Close();
      co_await WriteEvents(cut_->data());
      services_.probe.Delivered(cut_->events(), cut_->data().size());
    }
    co_await sink_.End();
  }

  // By the next target, if this one's answer broke off.
  Task<bool> CarryOn(GenerateResponse& piece) {
    Tour& tour = *tour_;
    interrupted_ = std::move(*piece.mutable_interrupted());
    const bool affordable = co_await admission_.hold.Again(context_);
    if (!affordable) co_return false;
    const bool carried_on = co_await tour.CarryOn(std::move(*interrupted_->mutable_resume()), piece);
    if (carried_on) interrupted_.reset();
    co_return carried_on;
  }

  Task<void> RelayDocument(GenerateResponse& piece) {
    Tour& tour = *tour_;
    std::string body;
    bool more = true;
    while (more) {
      account_.Note(piece);
      body.append(piece.data());
      if (piece.has_end() || body.size() > kMostDocumentBytes) break;
      const Lap waiting(record_.phases.upstream);
      more = co_await tour.Next(piece);
    }
    if (gone_) co_return;
    if (!account_.ended()) {
      account_.Fail();
      provider::v1::Failure failure = ours_ ? *ours_ : ServiceFailure(tour.status());
      co_return co_await SendFailure(std::move(failure));
    }
    record_.status = head_.status();
    co_await Close();
    http::Response response;
    response.status = record_.status;
    response.headers = Headers();
    AddMoney(response.headers);
    response.body = protection_.restores() ? protection_.Document(body) : std::move(body);
    services_.probe.Delivered(1, response.body.size());
    co_await Reply(std::move(response));
  }

  Task<void> Reply(http::Response response) {
    record_.answer_bytes += response.body.size();
    const Lap writing(record_.phases.client);
    co_await sink_.Send(std::move(response));
  }

  // The provider-service left in the middle, nobody carries the answer on, or time ran out.
  std::string Broken() {
    account_.Fail();
    std::string message = "The connection to the model broke off. Please try again.";
    record_.error_code = "server_error";
    if (interrupted_) {
      record_.error_code = interrupted_->error_code();
      message = interrupted_->message();
    }
    if (ours_) {
      record_.error_code = ours_->code();
      message = ours_->message();
    }
    return BrokenEvent(message);
  }

  std::string BrokenEvent(std::string_view message) const {
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
    if (endpoint_ == provider::v1::ENDPOINT_RESPONSES && !route().models_etag().empty())
      headers.Add(kModelsEtag, ListEtag(route().models_etag()));
    AddRoute(headers);
    AddLimits(headers);
    AddIds(endpoint_, record_.request_id, headers);
    headers.Add("Server-Timing", ServerTiming(record_, Clock::now()));
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

  void AddLimits(http::HeaderList& headers) const {
    const Standings& standings = admission_.hold.response().standings();
    AddRateLimits(standings, std::chrono::system_clock::now(), headers);
    if (endpoint_ == provider::v1::ENDPOINT_RESPONSES) AddCodexLimits(standings, headers);
  }

  // Once there is a route, also an error tells of it.
  void AddRoute(http::HeaderList& headers) const {
    if (route().targets().empty()) return;
    headers.Add("x-wayleave-route", tour_ ? RouteHeader(route(), tour_->target(), tour_->trail())
                                          : RouteHeader(route(), route().targets(0), Trail()));
  }

  Task<void> Refuse(Error error) {
    record_.error_code = error.reason;
    http::Response response = ErrorResponse(error, addressee());
    co_await SendError(std::move(response));
  }

  Task<void> SendFailure(provider::v1::Failure failure) {
    record_.error_code = failure.code();
    http::Response response = FailureResponse(failure, addressee());
    account_.NoteOwn(response.body);
    record_.status = response.status;
    co_await Close();
    co_await SendError(std::move(response));
  }

  // Statuses are bent for clients that speak HTTP alone.
  Addressee addressee() const {
    if (!sink_.takes_http()) return {provider::v1::ENDPOINT_UNSPECIFIED, record_.request_id};
    return {endpoint_, record_.request_id, endpoint_ == provider::v1::ENDPOINT_RESPONSES && IsCodex(request_.headers)};
  }

  Task<void> SendError(http::Response response) {
    record_.status = response.status;
    AddRoute(response.headers);
    AddIds(endpoint_, record_.request_id, response.headers);
    services_.cors.Decorate(request_, response.headers);
    co_await Reply(std::move(response));
  }

  void ClientLeft() {
    gone_ = true;
    tour_->Stop();
  }

  void EndWith(provider::v1::Failure failure) {
    ours_ = std::move(failure);
    tour_->Stop();
  }

  const router::v1::RouteResponse& route() const { return admission_.route; }

  GenerationServices& services_;
  http::Request& request_;
  AnswerSink& sink_;
  const Endpoint endpoint_;
  Record& record_;
  Account account_;
  rpc::CallContext context_;

  Admission admission_;
  Protection protection_;
  std::optional<Tour> tour_;
  provider::v1::Head head_;
  std::string response_id_;
  // How the stream ends if what comes next can't be paid for.
  std::optional<provider::v1::Cut> cut_;
  // How the answer broke off, until it is carried on.
  std::optional<provider::v1::Interrupted> interrupted_;
  bool gone_ = false;
  // Why the gateway itself has ended it.
  std::optional<provider::v1::Failure> ours_;
};

}  // namespace

Task<void> AnswerGeneration(GenerationServices& services, http::Request& request, AnswerSink& sink, Endpoint endpoint,
                            Record& record) {
  OneGeneration generation(services, request, sink, endpoint, record);
  co_await generation.Answer();
}

}  // namespace wayleave::gateway
