#include "provider-service/catalogue.h"

#include <nlohmann/json.hpp>

namespace wayleave::provider {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxList = 8 << 20;

std::int64_t ContextWindow(const json& model) {
  for (const char* name : {"context_window", "max_model_len", "context_length"}) {
    const auto found = model.find(name);
    if (found != model.end() && found->is_number_integer()) return found->get<std::int64_t>();
  }
  return 0;
}

// The answer's body; the problem is empty if there is a whole one.
Task<std::string> Fetch(Provider& provider, http::Exchange& exchange, std::string& problem) {
  const std::string target = provider.Target("/models");
  const v1::GenerateRequest nobody;
  const http::ClientHeaders headers = provider.HeadersFor(nobody, false);
  const http::ClientRequest request{"GET", target, &headers, nullptr};
  Result<http::ResponseHead> head = co_await exchange.Send(request);
  provider.metrics.Connected(exchange.connects(), exchange.connect_failed());
  std::string body;
  if (!head) {
    problem = head.error().message;
    co_return body;
  }
  if (head->status != 200) problem = "answered with status " + std::to_string(head->status);
  for (;;) {
    Result<http::Exchange::Body> read = co_await exchange.ReadBody(body);
    if (!read) problem = read.error().message;
    if (body.size() > kMaxList) problem = "the list of models is too long";
    if (!read || *read == http::Exchange::Body::kEnd || !problem.empty()) co_return body;
  }
}

}  // namespace

Task<void> FetchModels(Provider& provider, http::ConnectionPool& pool, std::chrono::milliseconds time,
                       v1::ProviderModels& into) {
  into.set_provider(provider.config.name);
  for (const std::string& own : provider.adapter->OwnModels()) into.add_models()->set_id(own);
  if (into.models_size() > 0) co_return;

  http::ClientTimeouts timeouts = provider.config.timeouts;
  timeouts.total = time;
  http::Exchange exchange(pool, provider.origin, timeouts);
  std::string problem;
  const std::string body = co_await Fetch(provider, exchange, problem);
  if (problem.empty() && !ParseModels(body, into)) problem = "the answer is not a list of models";
  into.set_problem(std::move(problem));
}

bool ParseModels(std::string_view text, v1::ProviderModels& into) {
  const json list = json::parse(text, nullptr, false);
  if (!list.is_object() || !list.contains("data") || !list["data"].is_array()) return false;
  for (const json& model : list["data"]) {
    if (!model.is_object() || !model.contains("id") || !model["id"].is_string()) continue;
    v1::UpstreamModel& added = *into.add_models();
    added.set_id(model["id"].get<std::string>());
    added.set_context_window(ContextWindow(model));
  }
  return true;
}

}  // namespace wayleave::provider
