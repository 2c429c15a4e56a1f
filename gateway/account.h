#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "gateway/content.h"
#include "gateway/generation_handler.h"

namespace wayleave::gateway {

// What one generation comes to: keeps count while its pieces pass, closes its journal record once, and tells the
// router how its targets did. Belongs to the generation's worker and lives in its coroutine; `record` and the services
// outlive it. Asked to settle, it settles; it does not do so by itself, so that a generation that is destroyed in the
// middle is settled from the journal as interrupted.
//
// An answer that several targets carried on has a part from each. The settlement has the sum of their tokens, and of
// their costs at each target's own price; it names the last target, and is an estimate if one part is. A part that
// broke off is one: its provider never told, so its input is taken to be the request, and for a part that was carried
// on also what it was carried on from.
class Account {
 public:
  // What the provider does not tell is estimated; but counting tokens uses none.
  Account(GenerationServices& services, Record& record, std::size_t input_bytes, provider::v1::Endpoint endpoint)
      : services_(services),
        record_(record),
        input_bytes_(input_bytes),
        endpoint_(endpoint),
        metered_(endpoint != provider::v1::ENDPOINT_COUNT_TOKENS),
        content_(services.content) {}

  // Writes the opening record; on disk it stands for an interrupted generation.
  void Open(auth::v1::Settlement draft);
  // From now on keeps the content of the request, which must live on, and of its answer, if the policy says for whom.
  void KeepContent(const auth::v1::Policy& policy, std::string_view request) {
    content_.Begin(policy.content_key(), request);
  }
  // What the client is told that no target said.
  void NoteOwn(std::string_view answer) { content_.Add(answer); }
  // A request to this target begins; it must live on. `carried_bytes`: what was delivered before and is sent along.
  void Try(const router::v1::Target& target, std::size_t carried_bytes = 0);
  // A piece of the answer of the target that was tried last.
  void Note(const provider::v1::GenerateResponse& piece);
  // Ends it without the provider's end.
  void Fail() { outcome_ = stopped_ ? auth::v1::OUTCOME_INTERRUPTED : auth::v1::OUTCOME_FAILED; }
  // This gateway is being stopped; what has not ended by itself is nobody's failure.
  void Stop() { stopped_ = true; }
  // The same, because it must not go on.
  void Cut() { outcome_ = auth::v1::OUTCOME_INCOMPLETE; }
  // The output tokens up to and with a piece that was not noted yet, as far as one can tell from their bytes.
  std::int64_t OutputTokensWith(const provider::v1::GenerateResponse& piece) const;

  // What counts as used before the first word of the target that was tried last.
  provider::v1::Usage UsedBefore() const;

  // Closes the journal's record, the first time; a generation that nobody ended was cancelled or has failed.
  void Settle(bool cancelled);
  // The target failed before it answered; the router hears of it where `blamed`.
  void NoteFailure(const provider::v1::Failure& failure, bool blamed);

  // Where in the trace the target is asked.
  const trace::Context& trace() const { return part_.span.context(); }
  // Whether the provider's own end has been noted.
  bool ended() const { return ended_; }
  std::uint64_t events() const { return events_; }
  // What it cost, once settled; nothing if there is no price.
  std::optional<std::int64_t> cost_nano_usd() const;

 private:
  using Clock = std::chrono::steady_clock;

  // What one target has answered.
  struct Part {
    const router::v1::Target* target = nullptr;
    Clock::time_point asked;
    std::optional<Clock::time_point> first_event;
    std::uint64_t input_bytes = 0;
    std::uint64_t output_bytes = 0;
    std::optional<provider::v1::Usage> usage;
    bool told_well = false;  // the router knows that it answers
    trace::Span span{};
  };

  void NoteFirst(const provider::v1::GenerateResponse& piece);
  void NoteEnd(const provider::v1::End& end);
  void NoteInterrupted(const provider::v1::Interrupted& interrupted);
  void EndSpan(bool cancelled);
  void ReportFailure(const provider::v1::Failure& failure);
  void Add(const Part& part);
  // nullptr: the target did its part.
  void ReportEnd(const char* fault);
  router::v1::ReportOutcomeRequest ReportFor(bool ok, const char* word) const;

  GenerationServices& services_;
  Record& record_;
  const std::size_t input_bytes_;
  const provider::v1::Endpoint endpoint_;
  const bool metered_;
  Content content_;
  Part part_;
  std::uint64_t events_ = 0;
  std::optional<std::int64_t> cost_;
  auth::v1::Outcome outcome_ = auth::v1::OUTCOME_UNSPECIFIED;
  bool ended_ = false;
  bool stopped_ = false;
  bool settled_ = false;
};

}  // namespace wayleave::gateway
