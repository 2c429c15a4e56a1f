#include "gateway/admin/live_desk.h"

#include <google/protobuf/util/time_util.h>

#include "base/version.h"

namespace wayleave::gateway {
namespace {

using google::protobuf::util::TimeUtil;

void AddPart(const char* name, bool ready, const std::string& detail, v1::Health& health) {
  v1::PartHealth& part = *health.add_parts();
  part.set_name(name);
  part.set_ready(ready);
  part.set_detail(detail);
}

std::string Place(const std::string& address) { return address.empty() ? "in this process" : "at " + address; }

std::string Away(const char* service, const std::string& address) {
  return std::string(service) + " does not answer" + (address.empty() ? "" : " at " + address) + ": is it running?";
}

const char* WordOf(router::v1::Circuit circuit) {
  switch (circuit) {
    case router::v1::CIRCUIT_OPEN:
      return "open";
    case router::v1::CIRCUIT_HALF_OPEN:
      return "half_open";
    default:
      return "closed";
  }
}

void AddTarget(const router::v1::TargetState& state, v1::Health& health) {
  v1::TargetHealth& target = *health.add_targets();
  target.set_provider(state.provider());
  target.set_model(state.model());
  target.set_circuit(WordOf(state.circuit()));
  target.set_error(state.error());
  target.set_failures(state.failures());
  target.set_wait_ms(TimeUtil::DurationToMilliseconds(state.wait()));
}

// Addresses are for those who run the gateway.
void HidePlaces(v1::Health& health) {
  for (v1::PartHealth& part : *health.mutable_parts()) part.clear_detail();
}

}  // namespace

Task<Result<v1::Live>> LiveDesk::Look(const AdminCaller& caller) {
  auto who = co_await admin_.Describe(caller);
  if (!who) co_return std::move(who).error();
  auto look = live_.Look(who->tenant());
  co_return co_await look;
}

Task<Result<v1::Health>> LiveDesk::Check(const AdminCaller& caller) {
  auto who = co_await admin_.Describe(caller);
  if (!who) co_return std::move(who).error();
  v1::Health health;
  health.set_instance(live_.instance());
  health.set_version(kVersion);
  health.set_unsettled(parts_.unsettled());
  AddPart("gateway", true, "serves this page", health);
  AddPart("auth", true, Place(parts_.auth), health);  // it has just answered
  co_await CheckDatabase(caller, health);
  co_await CheckRouter(who->tenant().empty(), health);
  const bool provider = parts_.provider_ready();
  AddPart("provider", provider, provider ? Place(parts_.provider) : Away("provider-service", parts_.provider), health);
  if (!who->tenant().empty()) HidePlaces(health);
  *health.mutable_at() = TimeUtil::MillisecondsToTimestamp(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
  co_return health;
}

// The cheapest question that only the database can answer.
Task<void> LiveDesk::CheckDatabase(const AdminCaller& caller, v1::Health& health) {
  auth::v1::ListUsageRequest question;
  question.set_limit(1);
  auth::v1::ListUsageResponse answer;
  const Status status = co_await admin_.Call("ListUsage", question, answer, caller);
  AddPart("database", status.ok(), status ? "behind auth-service" : "it can't be read: see auth-service's log", health);
}

Task<void> LiveDesk::CheckRouter(bool sees_all, v1::Health& health) {
  const auto answer = co_await targets_.ListTargets();
  AddPart("router", answer.ok(), answer ? Place(parts_.router) : Away("router-service", parts_.router), health);
  if (!answer || !sees_all) co_return;
  for (const router::v1::TargetState& state : answer->targets()) AddTarget(state, health);
}

}  // namespace wayleave::gateway
