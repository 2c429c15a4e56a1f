#include "gateway/orders.h"

#include "gateway/cost.h"
#include "gateway/credentials.h"
#include "gateway/route_facts.h"

namespace wayleave::gateway {
namespace {

void SetNow(google::protobuf::Timestamp& to) {
  const auto nanos = std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  to.set_seconds(nanos / 1'000'000'000);
  to.set_nanos(static_cast<std::int32_t>(nanos % 1'000'000'000));
}

}  // namespace

void SetDuration(google::protobuf::Duration& to, std::chrono::steady_clock::duration time) {
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  to.set_seconds(nanos / 1'000'000'000);
  to.set_nanos(static_cast<std::int32_t>(nanos % 1'000'000'000));
}

provider::v1::GenerateRequest OrderOf(const Known& known, const router::v1::Target& target,
                                      const router::v1::Settings& set) {
  provider::v1::GenerateRequest order;
  order.set_provider(target.provider());
  order.set_model(target.model());
  order.set_endpoint(known.endpoint);
  order.set_body(known.request.body);
  order.mutable_model_range()->set_offset(known.envelope.model_offset);
  order.mutable_model_range()->set_length(known.envelope.model_length);
  order.set_stream(known.envelope.stream);
  order.set_include_usage(known.envelope.include_usage);
  order.set_client_model(known.envelope.model);
  order.set_reasoning_effort(set.reasoning_effort());
  order.set_max_output_tokens(set.max_output_tokens());
  order.set_service_tier(set.service_tier());
  if (target.has_timeouts()) *order.mutable_timeouts() = target.timeouts();
  for (const auto& [name, value] : known.request.headers.entries()) {
    if (MayTravel(name)) (*order.mutable_headers())[name] = value;
  }
  return order;
}

provider::v1::Allowance AllowanceOf(std::int64_t output_tokens, std::int64_t step, provider::v1::Usage before) {
  provider::v1::Allowance allowance;
  allowance.set_output_tokens(output_tokens);
  allowance.set_step(step);
  allowance.set_bytes_per_token(kBytesPerToken);
  *allowance.mutable_before() = std::move(before);
  return allowance;
}

auth::v1::Settlement DraftOf(const Known& known, const Record& record, const std::string& reservation_id,
                             const auth::v1::Grant* grant, const router::v1::Target& target) {
  auth::v1::Settlement draft;
  draft.set_reservation_id(reservation_id);
  draft.set_request_id(record.request_id);
  draft.set_tenant(known.principal.tenant());
  draft.set_user(known.principal.user());
  draft.set_key_id(known.principal.key_id());
  draft.set_endpoint(record.endpoint);
  draft.set_model(known.envelope.model);
  draft.set_provider(target.provider());
  draft.set_upstream_model(target.model());
  SetNow(*draft.mutable_started_at());
  *draft.mutable_usage() = EstimateUsage(known.request.body.size(), 0);
  draft.set_estimated(true);
  draft.set_images(known.envelope.images);
  draft.set_session(SessionOf(known));
  if (grant) *draft.mutable_grant() = *grant;
  if (target.has_price()) draft.set_cost_nano_usd(CostOf(draft.usage(), target.price(), draft.images()));
  return draft;
}

provider::v1::Failure ServiceFailure(const Status& status) {
  const bool input =
      !status.ok() && (status.error().code == Code::kInvalidArgument || status.error().code == Code::kNotFound);
  provider::v1::Failure failure;
  failure.set_status(input ? 400 : 503);
  failure.set_type(input ? "invalid_request_error" : "server_error");
  failure.set_code(input ? "invalid_prompt" : "service_unavailable");
  failure.set_message(input ? status.error().message
                            : "The gateway's provider service can't be reached. Please try again.");
  failure.set_retryable(!input);
  return failure;
}

provider::v1::Failure TimeoutFailure() {
  provider::v1::Failure failure;
  failure.set_status(504);
  failure.set_type("timeout_error");
  failure.set_code("timeout");
  failure.set_message("The answer took longer than this gateway allows.");
  return failure;
}

provider::v1::Failure LeavingFailure() {
  provider::v1::Failure failure;
  failure.set_status(503);
  failure.set_type("server_error");
  failure.set_code("shutting_down");
  failure.set_message("This gateway is being shut down. Please try again.");
  return failure;
}

std::string ResponseIdIn(std::string_view data) {
  constexpr std::string_view kKey = "\"id\":\"";
  const auto response = data.find("\"response\":");
  const auto key = data.find(kKey, response == std::string_view::npos ? 0 : response);
  if (key == std::string_view::npos) return {};
  const auto begin = key + kKey.size();
  return std::string(data.substr(begin, data.find('"', begin) - begin));
}

}  // namespace wayleave::gateway
