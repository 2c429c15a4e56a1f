#pragma once

#include <chrono>
#include <optional>

namespace wayleave::router {

// When circuits open and for how long; `router.breaker` in the file.
struct BreakerConfig {
  int failures = 5;  // in a row, until a circuit opens; 0: none ever does
  std::chrono::milliseconds open{1'000};
  std::chrono::milliseconds most_open{60'000};
  std::chrono::milliseconds most_retry_after{3'600'000};

  bool on() const { return failures > 0; }
};

// How one request to a target went.
struct Verdict {
  bool ok = false;
  // What went wrong: a word of the contract's closed list, and a literal, so that keeping it costs nothing.
  const char* error = "";
  bool limited = false;  // the target asked for fewer requests
  // How long the target asked to wait.
  std::optional<std::chrono::milliseconds> retry_after;
  // The request was a trial of a circuit, here or at another replica.
  bool trial = false;
};

// The circuit of one target.
//
// Closed, it counts failures in a row. Enough of them, or one by which the target asks for fewer requests or for time,
// open it: for BreakerConfig::open, twice that after each trial that failed, up to most_open, and never shorter than the
// target asked for (up to most_retry_after). Then it is half-open: one request at a time may try the target. Any
// outcome then decides: success closes it, failure opens it again. Only time ends an opening, so no circuit stays open
// for ever; and one that opens again soon after it was closed goes on doubling, so a target that flaps gets no more
// requests than one that is down.
//
// Not thread-safe, and reads no clock: whoever calls says what time it is, never going back.
class Breaker {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  enum class State { kClosed, kOpen, kHalfOpen };

  // A trial whose outcome nobody told after this time is given up, so that a request that got lost blocks nobody.
  static constexpr std::chrono::seconds kTrialPatience{10};

  // `drawn` is a random number from 0 to 1: it shortens an opening by up to a fifth, so that not all come at once.
  // Returns whether it opened the circuit, for the first time or again.
  bool Note(const Verdict& verdict, Time now, const BreakerConfig& config, double drawn);

  State state(Time now) const;
  // Takes the trial of a half-open circuit; false if it is not half-open, or another request has the trial.
  bool TakeTrial(Time now);
  bool trial_free(Time now) const { return state(now) == State::kHalfOpen && now >= trial_until_; }
  // Until asking may help: to the end of the opening, or of somebody's trial; zero if it may be asked now.
  Clock::duration wait(Time now) const;
  // There was a sign of life: half-open from now, but not before the time that the target itself asked for. Returns
  // whether that changed anything.
  bool Revive(Time now);
  // Of an open circuit: failures in a row, the word of the one that opened it, whether the target itself asked to wait.
  int failures() const { return in_a_row_; }
  const char* error() const { return error_; }
  bool asked_to_wait(Time now) const { return now < asked_until_; }

 private:
  bool NoteWhileOpen(const Verdict& verdict, Time now, const BreakerConfig& config, double drawn);
  bool Fail(const Verdict& verdict, Time now, const BreakerConfig& config, double drawn);
  void Open(const Verdict& verdict, Time now, const BreakerConfig& config, double drawn);
  void Close(Time now);

  bool open_ = false;  // or half-open, from `until_` on
  Time until_{};
  Time asked_until_{};  // by the target
  Time trial_until_{};
  Time closed_at_{};
  int in_a_row_ = 0;
  int openings_ = 0;  // since it was well for long enough
  const char* error_ = "";
};

}  // namespace wayleave::router
