#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "auth-service/audit/trail.h"
#include "auth-service/identity/key.h"
#include "auth-service/store/sql_store.h"
#include "tests/auth-service/stores.h"

namespace wayleave::deploy {

inline void Must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message);
}

// A request of its number: each has an id, a time and a cost of its own.
inline auth::v1::Settlement RequestOf(int number) {
  auth::v1::Settlement request = auth::SettlementOf("rsv_" + std::to_string(number));
  request.set_request_id("req_" + std::to_string(number));
  request.set_tenant(number % 2 ? "research" : "default");
  request.set_user("ann");
  request.set_key_id("key_1");
  request.set_endpoint("responses");
  request.set_model("gpt");
  request.set_provider("openai");
  request.mutable_started_at()->set_seconds(1'800'000'000 + number);
  request.mutable_usage()->set_input_tokens(100 + number);
  request.mutable_usage()->set_output_tokens(number);
  request.set_cost_nano_usd(1'000'000 + number);
  return request;
}

// As a server does it: the row and its record in the chain in one transaction.
inline void Record(auth::Store& store, const auth::v1::Settlement& request) {
  const auth::Time at = auth::TimeOf(auth::ToNanos(request.started_at()) + 1'000'000);
  Must(auth::Transact(store, [&](auth::Changes& changes) -> Status {
    const Result<bool> is_new = changes.Record(request, at);
    if (!is_new) return is_new.error();
    return auth::Trail::Job(changes).Append(auth::RequestEvent(request, at));
  }));
}

// In one transaction: a disk is asked once.
inline void RecordMany(auth::Store& store, int first, int last) {
  Must(auth::Transact(store, [&](auth::Changes& changes) -> Status {
    auth::Trail::Job trail(changes);
    for (int number = first; number <= last; ++number) {
      const auth::v1::Settlement request = RequestOf(number);
      const auth::Time at = auth::TimeOf(auth::ToNanos(request.started_at()));
      const Result<bool> is_new = changes.Record(request, at);
      if (!is_new) return is_new.error();
      if (Status told = trail.Append(auth::RequestEvent(request, at)); !told) return told;
    }
    return {};
  }));
}

// The first record of the chain, of the time before any request.
inline void Begin(auth::Store& store) {
  auth::audit::AuditEvent event;
  event.at_nanos = std::int64_t{1'800'000'000} * 1'000'000'000;
  event.kind = "admin";
  event.actor = "cli:test";
  event.action = "key.create";
  event.tenant = "default";
  event.subject = "key_1";
  Must(auth::Transact(store, [&](auth::Changes& changes) { return auth::Trail::Job(changes).Append(event); }));
}

// Signs where the chain stands, in the store and in the state directory.
inline void Sign(auth::Store& store, auth::Trail& trail) {
  Must(auth::Transact(store, [&](auth::Changes& changes) {
    return trail.Sign(changes, auth::TimeOf(std::int64_t{1'800'000'100} * 1'000'000'000));
  }));
  trail.Signed(true);
  Must(trail.Publish());
}

}  // namespace wayleave::deploy
