#include "auth-service/admin/desk.h"

#include <future>
#include <utility>

#include "auth-service/admin/rights.h"

namespace wayleave::auth {

Desk::Event Desk::EventOf(const Caller& caller, const char* action, const std::string& tenant,
                          const std::string& subject) const {
  Event event;
  event.at_nanos = ToNanos(clock_());
  event.kind = "admin";
  event.actor = caller.actor;
  event.action = action;
  event.tenant = tenant;
  event.subject = subject;
  return event;
}

Status Desk::Commit(const Event& event, std::function<Status(Changes&)> change) {
  auto answer = std::make_shared<std::promise<Status>>();
  auto committed = answer->get_future();
  auto job = [&event, change = std::move(change)](Changes& changes) -> Status {
    if (Status done = change(changes); !done) return done;
    return Trail::Job(changes).Append(event);
  };
  store_.Write(std::move(job), [answer](Status status) { answer->set_value(std::move(status)); });
  return committed.get();
}

Status Desk::CommitIn(const std::string& tenant, const Event& event, std::function<Status(Changes&)> change) {
  const bool seen = table_()->HasTenant(tenant);
  return Commit(event, [&, seen](Changes& changes) -> Status {
    if (seen) return change(changes);
    const auto known = changes.FindTenant(tenant);
    if (!known) return known.error();
    return *known ? change(changes) : NoTenantYet(tenant);
  });
}

}  // namespace wayleave::auth
