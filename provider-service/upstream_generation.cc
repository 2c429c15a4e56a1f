#include "provider-service/upstream_generation.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

#include "base/async/worker.h"
#include "base/log/log.h"
#include "provider-service/adapters/calls.h"
#include "provider-service/catalogue.h"
#include "provider-service/dialect/errors.h"
#include "provider-service/failures.h"
#include "provider-service/generation_times.h"
#include "provider-service/key_turn.h"
#include "provider-service/opening.h"
#include "provider-service/pieces.h"
#include "provider-service/place.h"
#include "provider-service/source.h"

namespace wayleave::provider {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMaxErrorBody = 1 << 20;
constexpr milliseconds kErrorBodyTime{5000};
constexpr milliseconds kFactsTime{2000};

class UpstreamGeneration : public Generation {
 public:
  UpstreamGeneration(std::shared_ptr<Provider> provider, http::ConnectionPool& pool, const v1::GenerateRequest& request,
                     rpc::CallContext context)
      : provider_(std::move(provider)),
        pool_(pool),
        request_(request),
        context_(std::move(context)),
        keys_(provider_->keys),
        opening_(request.stream()) {
    provider_->metrics.Started();
  }

  ~UpstreamGeneration() override { Count(Outcome::kCancelled); }

  Task<bool> Next(v1::GenerateResponse& piece) override {
    piece.Clear();
    if (ended_ || cancelled_) co_return Leave();
    waiting_since_ = Clock::now();
    if (!source_) {
      co_await Open(piece);
      if (cancelled_) co_return Leave();
      if (ended_) co_return true;
    }
    while (!HasNews()) {
      co_await Advance();
      if (cancelled_) co_return Leave();
    }
    late_ ? Late(piece) : Deliver(piece);
    co_return true;
  }

  void Cancel() override {
    if (ended_) return;
    cancelled_ = true;
    if (place_) place_->Cancel();
    if (question_) question_->Cancel();
    if (source_) source_->Cancel();
  }

  const Status& status() const override { return status_; }

 private:
  Task<void> Open(v1::GenerateResponse& piece) {
    const bool admitted = co_await Enter(piece);
    if (!admitted || cancelled_) co_return;
    co_await LearnFacts();
    bool again = !cancelled_ && HasKey(piece);
    while (again) again = co_await Attempt(piece);
  }

  // Counting tokens is no work for the model.
  Task<bool> Enter(v1::GenerateResponse& piece) {
    const bool free = provider_->config.limits.concurrent == 0 || request_.endpoint() == v1::ENDPOINT_COUNT_TOKENS;
    if (free) co_return true;
    place_ = std::make_unique<Place>(provider_->limiter, provider_->limit_metrics, request_.model());
    const Place::Outcome outcome = co_await place_->Take(LeftUntil(context_.deadline));
    if (outcome == Place::Outcome::kAdmitted || outcome == Place::Outcome::kCancelled) co_return true;
    const milliseconds wait = provider_->limiter.ExpectedWait(request_.model());
    const bool late = outcome == Place::Outcome::kLate;
    Fail(piece, OverloadedFailure(request_.client_model(), late, wait), Outcome::kUnavailable, "overloaded");
    co_return false;
  }

  bool HasKey(v1::GenerateResponse& piece) {
    const auto now = Clock::now();
    if (keys_.Begin(now)) return true;
    const auto cooling = provider_->keys.AllCool(now).value_or(KeyPool::Cooling{});
    Fail(piece, AllKeysCool(cooling), Outcome::kUnavailable, "keys_cooling");
    return false;
  }

  // Nothing if the provider is slow to tell; the request itself will show what is wrong then.
  Task<void> LearnFacts() {
    if (request_.endpoint() == v1::ENDPOINT_EMBEDDINGS) co_return;
    http::ClientTimeouts timeouts = provider_->config.timeouts;
    timeouts.total = kFactsTime;
    question_ = std::make_unique<http::Exchange>(pool_, provider_->origin, timeouts);
    facts_ = co_await FetchFacts(*provider_, *question_, request_.model());
    question_.reset();
  }

  // True if it should be tried once more, with a larger context or with another key.
  Task<bool> Attempt(v1::GenerateResponse& piece) {
    const auto start = Clock::now();
    Result<UpstreamCall> call = PrepareCall(*provider_->adapter, {request_, std::time(nullptr), facts_});
    if (!call) {
      Fail(piece, PrepareFailure(call.error()), Outcome::kInvalid, "");
      co_return false;
    }
    provider_->metrics.Prepared(std::chrono::duration<double>(Clock::now() - start).count());
    const std::int64_t context_before = call_.context_tokens;
    call_ = std::move(call).value();
    if (std::exchange(needs_more_context_, false) && call_.context_tokens <= context_before) {
      Fail(piece, *too_long_, Outcome::kRefused, StatusReason(head_.status));
      co_return false;
    }
    NoteDropped();
    const GenerationTimes times =
        TimesFor(request_.timeouts(), provider_->config, call_.events, context_.deadline);
    opening_.Await(times.first_token);
    source_ = call_.script.empty() ? MakeHttpSource(*provider_, pool_, request_, call_, times.http, keys_.key(),
                                                      context_.trace)
                                   : MakeScriptSource(call_, request_.stream());
    co_await Begin(piece);
    co_return !source_ && !cancelled_ && !ended_;
  }

  Task<void> Begin(v1::GenerateResponse& piece) {
    Result<http::ResponseHead> head = co_await source_->Open();
    if (cancelled_) co_return;
    if (!head) co_return Headless(piece, head.error());
    head_ = std::move(head).value();
    provider_->metrics.FirstByte(std::chrono::duration<double>(Clock::now() - started_).count());
    const bool good = head_.status / 100 == 2;
    if (good) keys_.Accepted(Clock::now());
    if (good && call_.context_tokens > 0) NoteContext();
    if (good && IsAnswer() && !MayBeAnError()) {
      call_.reply->Begin(out_);
      if (source_->HasEarly()) co_await Advance();
      co_return;
    }
    const std::string body = co_await SmallBody();
    if (cancelled_) co_return;
    if (good && IsAnswer() && !(whole_ && IsErrorBody(body))) co_return BeginWith(body);
    if (good) co_return Fail(piece, NotAStreamFailure(head_, body), Outcome::kUnavailable, "not_a_stream");
    Refused(piece, body);
  }

  // What waits for the first token waits no longer for the head before it.
  void Headless(v1::GenerateResponse& piece, const Error& error) {
    const bool late = error.reason == "first_byte_timeout" && opening_.IsHeld(out_) && LeftForFirstToken().count() <= 0;
    late ? Late(piece) : Fail(piece, SendFailure(error), Outcome::kUnavailable, error.reason);
  }

  void Refused(v1::GenerateResponse& piece, const std::string& body) {
    Failure failure = StatusFailure(head_, body, call_.same_dialect, std::time(nullptr));
    if (call_.explain) call_.explain(failure, request_.model());
    if (SwitchesKey(failure)) return TryAgain();
    if (failure.code == "context_length_exceeded" && call_.context_tokens > 0) {
      facts_.loaded_context = call_.context_tokens * 2;
      too_long_ = std::move(failure);
      needs_more_context_ = true;
      return TryAgain();
    }
    const Outcome outcome = head_.status / 100 == 4 ? Outcome::kRefused : Outcome::kUnavailable;
    Fail(piece, failure, outcome, StatusReason(head_.status));
  }

  void TryAgain() {
    source_->Release();
    source_.reset();
  }

  bool SwitchesKey(Failure& failure) {
    const auto failed = keys_.key();
    if (!keys_.GoOn(failure, Clock::now())) return false;
    provider_->limit_metrics.Switched(*failed);
    return true;
  }

  void NoteContext() {
    provider_->models.Loaded(provider_->adapter->ListedName(request_.model()), call_.context_tokens, Clock::now());
  }

  // Whether the reply can make sense of what was promised.
  bool IsAnswer() const {
    return !call_.events || LooksLikeEvents(head_) || (call_.reads_documents && LooksLikeJson(head_));
  }

  // A stream was wanted and a document comes: some send errors so, with a good status.
  bool MayBeAnError() const { return request_.stream() && call_.script.empty() && LooksLikeOneDocument(head_); }

  // What an error says is short and comes at once.
  Task<std::string> SmallBody() {
    std::string body;
    const auto until = Clock::now() + kErrorBodyTime;
    while (body.size() < kMaxErrorBody && Clock::now() < until) {
      Result<http::Exchange::Body> read = co_await source_->Read(body, kErrorBodyTime);
      whole_ = read && *read == http::Exchange::Body::kEnd;
      if (!read) broken_ = read.error();
      if (!read || *read != http::Exchange::Body::kMore) break;
    }
    co_return body;
  }

  // Goes on with a document of which so much has come already.
  void BeginWith(const std::string& body) {
    opening_.Heard();
    call_.reply->Begin(out_);
    call_.reply->Feed(body, out_);
    if (whole_) call_.reply->End(out_);
    if (broken_) Broke(*broken_);
  }

  void Broke(const Error& error) {
    // Whole answers are sometimes followed by an untidy end.
    if (out_.finish != Finish::kNone || out_.failure) return;
    Note(error.reason, error.message);
    timed_out_ = error.reason.ends_with("_timeout");
    call_.reply->Break("server_error", BreakMessage(error.reason), out_);
  }

  milliseconds LeftForFirstToken() const {
    return std::chrono::duration_cast<milliseconds>(source_->SentAt() + opening_.first_token() - Clock::now());
  }

  bool HasNews() const { return late_ || opening_.HasNews(out_); }

  // How much longer the client may hear nothing, whether or not the upstream talks; 0: for ever.
  milliseconds Patience() const {
    if (opening_.IsHeld(out_)) return std::max(LeftForFirstToken(), milliseconds(1));
    if (!request_.stream()) return milliseconds(0);
    const auto silent = std::chrono::duration_cast<milliseconds>(Clock::now() - waiting_since_);
    return std::max(provider_->config.keep_alive - silent, milliseconds(1));
  }

  void KeepAlive() {
    opening_.Heard();
    call_.reply->KeepAlive(out_);
    waiting_since_ = Clock::now();
  }

  // Waits for the upstream's next bytes and has them translated.
  Task<void> Advance() {
    upstream_.clear();
    Result<http::Exchange::Body> read = co_await source_->Read(upstream_, Patience());
    if (cancelled_) co_return;
    if (!upstream_.empty()) {
      opening_.Heard();
      call_.reply->Feed(upstream_, out_);
    }
    if (!read) {
      Broke(read.error());
    } else if (*read == http::Exchange::Body::kEnd) {
      call_.reply->End(out_);
    } else if (opening_.IsHeld(out_)) {
      late_ = LeftForFirstToken().count() <= 0;
    } else if (*read == http::Exchange::Body::kQuiet || IsSilentTooLong()) {
      KeepAlive();
    }
  }

  // Much may come from the upstream that is kept for the end, such as the arguments of a call.
  bool IsSilentTooLong() const {
    return request_.stream() && !HasNews() && Clock::now() - waiting_since_ >= provider_->config.keep_alive;
  }

  void Late(v1::GenerateResponse& piece) {
    Fail(piece, SilenceFailure("The model said nothing in time"), Outcome::kUnavailable, "first_token_timeout");
  }

  Failure Undelivered() const {
    if (timed_out_) return SilenceFailure(out_.failure ? out_.failure->message : out_.error_message);
    return out_.failure ? *out_.failure : UndeliveredFailure(out_);
  }

  void Deliver(v1::GenerateResponse& piece) {
    if (opening_.IsUndelivered(out_)) return Fail(piece, Undelivered(), Outcome::kFailed, "told");
    if (opening_.Begin()) FillHead(head_, request_.stream(), *piece.mutable_head());
    const bool all = TakeData(out_, piece);
    if (all && out_.finish != Finish::kNone) {
      out_.resume ? FillInterrupted(out_, *piece.mutable_interrupted()) : FillEnd(out_, *piece.mutable_end());
      End();
    }
    HideKeys(provider_->config.api_keys, piece);
  }

  void End() {
    ended_ = true;
    place_.reset();
    LetGo(out_.finish != Finish::kFailed);
    if (out_.usage) provider_->metrics.Used(*out_.usage);
    provider_->metrics.Patched(out_.repaired_patches, out_.broken_patches);
    if (out_.load_seconds) provider_->metrics.Loaded(*out_.load_seconds);
    if (out_.finish == Finish::kFailed && !noted_) Note("told", out_.error_code);
    Count(out_.finish == Finish::kCompleted    ? Outcome::kCompleted
          : out_.finish == Finish::kIncomplete ? Outcome::kIncomplete
                                               : Outcome::kFailed);
  }

  // An answer that was given up may go on for long, and the model with it, unless its connection is closed.
  void LetGo(bool ended) { ended ? source_->Release() : source_->Cancel(); }

  void Fail(v1::GenerateResponse& piece, Failure failure, Outcome outcome, std::string_view reason) {
    HideKeys(provider_->config.api_keys, failure);
    ended_ = true;
    place_.reset();
    if (source_) LetGo(head_.status / 100 != 2);
    FillFailure(failure, *piece.mutable_failure());
    if (!reason.empty() && !noted_) Note(reason, failure.code);
    Count(outcome);
  }

  // Once a request, however often it is tried. Debug: agents declare tools that only OpenAI runs with every request.
  void NoteDropped() {
    if (call_.dropped.empty() || std::exchange(dropped_noted_, true)) return;
    provider_->metrics.Dropped(call_.dropped);
    log::Debug("request_parts_dropped", {{"request_id", context_.request_id},
                                         {"provider", provider_->config.name},
                                         {"dropped", call_.dropped}});
  }

  void Note(std::string_view reason, std::string detail) {
    HideKeys(provider_->config.api_keys, detail);
    noted_ = true;
    provider_->metrics.Failed(reason);
    log::Warning("upstream_failed", {{"request_id", context_.request_id},
                                     {"provider", provider_->config.name},
                                     {"reason", std::string(reason)},
                                     {"status", head_.status},
                                     {"detail", std::move(detail)}});
  }

  bool Leave() {
    place_.reset();
    if (cancelled_ && !ended_) status_ = Error{Code::kCancelled, "cancelled"};
    Count(Outcome::kCancelled);
    return false;
  }

  void Count(Outcome outcome) {
    if (std::exchange(counted_, true)) return;
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    provider_->metrics.Ended(request_.endpoint(), outcome, seconds);
  }

  const std::shared_ptr<Provider> provider_;
  http::ConnectionPool& pool_;
  const v1::GenerateRequest& request_;
  const rpc::CallContext context_;
  KeyTurn keys_;
  Opening opening_;
  std::unique_ptr<Place> place_;  // where the target's are counted
  const Clock::time_point started_ = Clock::now();
  Clock::time_point waiting_since_ = started_;  // the client heard something last
  ModelFacts facts_;
  std::unique_ptr<http::Exchange> question_;  // about the model
  std::optional<Failure> too_long_;           // what was said of a prompt that is tried again
  std::optional<Error> broken_;               // while SmallBody read
  bool needs_more_context_ = false;
  bool late_ = false;                         // the first token did not come in time
  bool whole_ = false;                        // SmallBody read all there is
  UpstreamCall call_;
  std::unique_ptr<Source> source_;
  http::ResponseHead head_;
  Output out_;
  std::string upstream_;
  Status status_;
  bool timed_out_ = false;  // the upstream's answer broke off by that
  bool ended_ = false;
  bool cancelled_ = false;
  bool noted_ = false;
  bool dropped_noted_ = false;
  bool counted_ = false;
};

}  // namespace

std::unique_ptr<Generation> MakeUpstreamGeneration(std::shared_ptr<Provider> provider, http::ConnectionPool& pool,
                                                   const v1::GenerateRequest& request, rpc::CallContext context) {
  return std::make_unique<UpstreamGeneration>(std::move(provider), pool, request, std::move(context));
}

}  // namespace wayleave::provider
