#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "auth-service/audit/trail.h"
#include "auth-service/config.h"
#include "auth-service/identity/key_ring.h"
#include "auth-service/ledger/ledger.h"
#include "auth-service/probe.h"
#include "auth-service/store/store.h"
#include "auth-service/time.h"

namespace wayleave::auth {

// What auth-service does by itself, five times a second: sees what others have changed, keeps the ledger's books in step,
// signs the audit trail, forgets what is old, and shows all of it in the metrics.
//
// All on one thread, the housekeeper's, but WhenSettled(), and SignTrail() once that thread has ended. What it is made
// with must outlive it.
class Rounds {
 public:
  Rounds(const Config& config, Store& store, Ledger& ledger, Trail& trail, KeyRing& ring, Probe& probe, const Clock& clock)
      : config_(config), store_(store), ledger_(ledger), trail_(trail), ring_(ring), probe_(probe), clock_(clock) {}

  void Go();
  // Reads again who is known.
  void Look();
  void SignTrail(Time now);
  // As Core has it.
  void WhenSettled(std::function<bool()> settled);

 private:
  void ForgetOldRecords(Time now);
  void ForgetEarlierLives();
  void HearBudgets(Time now);
  void OpenBudgets(std::vector<Demand> budgets);

  const Config& config_;
  Store& store_;
  Ledger& ledger_;
  Trail& trail_;
  KeyRing& ring_;
  Probe& probe_;
  const Clock& clock_;
  bool look_failed_ = false;
  Time budgets_heard_at_{};
  Time signed_at_{};
  Time forgot_at_{};
  std::mutex settled_mutex_;
  std::function<bool()> settled_;
};

}  // namespace wayleave::auth
