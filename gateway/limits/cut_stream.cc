#include "gateway/limits/cut_stream.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "gateway/doors.h"

namespace wayleave::gateway {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string Responses(std::string_view id, std::string_view model, std::uint64_t sequence) {
  const Json event = {{"type", "response.incomplete"},
                      {"sequence_number", sequence},
                      {"response",
                       {{"id", id},
                        {"object", "response"},
                        {"created_at", static_cast<std::int64_t>(std::time(nullptr))},
                        {"status", "incomplete"},
                        {"error", nullptr},
                        {"incomplete_details", {{"reason", "max_output_tokens"}}},
                        {"model", model},
                        {"output", Json::array()},
                        {"usage", nullptr}}}};
  return "event: response.incomplete\ndata: " + Dump(event) + "\n\n";
}

std::string Chat(std::string_view id, std::string_view model) {
  const Json choice = {{"index", 0}, {"delta", Json::object()}, {"finish_reason", "length"}};
  const Json chunk = {{"id", id},
                      {"object", "chat.completion.chunk"},
                      {"created", static_cast<std::int64_t>(std::time(nullptr))},
                      {"model", model},
                      {"choices", Json::array({choice})}};
  return "data: " + Dump(chunk) + "\n\ndata: [DONE]\n\n";
}

std::string Messages() {
  const Json delta = {{"type", "message_delta"},
                      {"delta", {{"stop_reason", "max_tokens"}, {"stop_sequence", nullptr}}},
                      {"usage", {{"output_tokens", 0}}}};
  const Json stop = {{"type", "message_stop"}};
  return "event: message_delta\ndata: " + Dump(delta) + "\n\nevent: message_stop\ndata: " + Dump(stop) + "\n\n";
}

}  // namespace

std::string CutStreamEvents(provider::v1::Endpoint endpoint, std::string_view response_id, std::string_view model,
                            std::uint64_t sequence) {
  if (endpoint == provider::v1::ENDPOINT_RESPONSES) return Responses(response_id, model, sequence);
  return SpeaksMessages(endpoint) ? Messages() : Chat(response_id, model);
}

}  // namespace wayleave::gateway
