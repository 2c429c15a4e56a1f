#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "gateway/admin/live_port.h"
#include "gateway/admin/targets_port.h"
#include "gateway/live/live.h"

namespace wayleave::gateway {

// Where the services are, for people; empty for those in this very process.
struct LiveParts {
  std::string auth;
  std::string router;
  std::string provider;
  // Whether provider-service can be reached, and how many requests wait in the journal. Any worker.
  std::function<bool()> provider_ready = [] { return true; };
  std::function<std::int64_t()> unsettled = [] { return 0; };
};

// Asks auth-service what the caller may see and shows that much. A key of one tenant sees its tenant's requests and
// whether the parts are ready, but no targets and no addresses.
//
// Any worker; everything it is made with must outlive it.
class LiveDesk : public LivePort {
 public:
  LiveDesk(AdminPort& admin, TargetsPort& targets, Live& live, LiveParts parts)
      : admin_(admin), targets_(targets), live_(live), parts_(std::move(parts)) {}

  Task<Result<v1::Live>> Look(const AdminCaller& caller) override;
  Task<Result<v1::Health>> Check(const AdminCaller& caller) override;

 private:
  Task<void> CheckDatabase(const AdminCaller& caller, v1::Health& health);
  Task<void> CheckRouter(bool sees_all, v1::Health& health);

  AdminPort& admin_;
  TargetsPort& targets_;
  Live& live_;
  const LiveParts parts_;
};

}  // namespace wayleave::gateway
