#include "gateway/spans.h"

#include <charconv>

#include "base/trace/tracer.h"

namespace wayleave::gateway {
namespace {

using provider::v1::Endpoint;

constexpr const char* kInference = "wayleave.inference.v1.InferenceService";

// A tracestate may come in several headers.
std::string StateIn(const http::HeaderList& headers) {
  std::string state;
  for (const auto& [name, value] : headers.entries()) {
    if (name == "tracestate") state.append(state.empty() ? "" : ",").append(value);
  }
  return state;
}

trace::Context ParentOf(trace::Tracer* tracer, const http::HeaderList& headers) {
  trace::Context caller;
  if (headers.Count("traceparent") == 1) caller = trace::Parse(headers.Get("traceparent"), StateIn(headers));
  return tracer ? tracer->Receive(std::move(caller)) : caller;
}

// From "host", "host:port" and "[v6]:port".
void SetServer(std::string_view authority, trace::Span& span) {
  const auto bracket = authority.find(']');
  const auto colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
  span.SetIfAny("server.address", authority.substr(0, colon));
  if (colon == authority.npos) return;
  int port = 0;
  const std::string_view digits = authority.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error == std::errc()) span.Set("server.port", port);
}

const char* OperationOf(Endpoint endpoint) {
  if (endpoint == provider::v1::ENDPOINT_EMBEDDINGS) return "embeddings";
  return endpoint == provider::v1::ENDPOINT_COUNT_TOKENS ? "count_tokens" : "chat";
}

const char* ReasonOf(provider::v1::Finish finish) {
  switch (finish) {
    case provider::v1::FINISH_COMPLETED:
      return "stop";
    case provider::v1::FINISH_INCOMPLETE:
      return "length";
    default:
      return "error";
  }
}

void DescribeGeneration(const auth::v1::Settlement& settlement, trace::Span& span) {
  span.SetIfAny("gen_ai.conversation.id", settlement.session());
  span.Set("wayleave.provider", settlement.provider());
  span.Set("wayleave.upstream_model", settlement.upstream_model());
  span.SetIfAny("wayleave.outcome", WordOf(settlement.outcome()));
  span.Set("wayleave.input_tokens", settlement.usage().input_tokens());
  span.Set("wayleave.output_tokens", settlement.usage().output_tokens());
  if (settlement.estimated()) span.Set("wayleave.estimated", true);
  span.Set("wayleave.cost_usd", static_cast<double>(settlement.cost_nano_usd()) / 1e9);
}

// Of what clients do wrong, their own spans tell.
bool HasFailed(const Record& record) {
  const bool broken = record.settlement && record.settlement->outcome() == auth::v1::OUTCOME_FAILED;
  return record.status >= 500 || (record.status < 400 && broken);
}

}  // namespace

void BeginRequest(trace::Tracer* tracer, const http::Request& request, const Door* door, Record& record) {
  const trace::Context parent = ParentOf(tracer, request.headers);
  const std::string route = parent.recorded() && door ? RouteOf(*door) : std::string();
  record.span = trace::Span(parent, trace::Kind::kServer, record.method, route);
  if (!record.span.recording()) return;
  record.span.BeganAt(record.arrived);
  record.span.Set("http.request.method", record.method);
  record.span.SetIfAny("http.route", route);
  record.span.SetIfAny("url.path", route);
  SetServer(request.headers.Get("host"), record.span);
}

void BeginCall(trace::Tracer* tracer, const http::HeaderList& metadata, Record& record) {
  const std::string name = std::string(kInference) + '/' + record.method;
  record.span = trace::Span(ParentOf(tracer, metadata), trace::Kind::kServer, name);
  record.span.Set("rpc.system", "grpc");
  record.span.Set("rpc.service", kInference);
  record.span.Set("rpc.method", record.method);
}

void EndRequest(Record& record) {
  trace::Span& span = record.span;
  if (!span.recording()) return;
  span.Set("http.response.status_code", record.status);
  span.Set("wayleave.request_id", record.request_id);
  span.SetIfAny("client.address", record.peer);
  span.SetIfAny("wayleave.tenant", record.tenant);
  span.SetIfAny("wayleave.key_id", record.key_id);
  span.SetIfAny("wayleave.model", record.model);
  span.SetIfAny("wayleave.route.rule", record.rule);
  span.SetIfAny("wayleave.error_code", record.error_code);
  if (record.settlement) DescribeGeneration(*record.settlement, span);
  if (HasFailed(record)) span.Fail(record.error_code.empty() ? std::to_string(record.status) : record.error_code);
  span.End();
}

trace::Span BeginAttempt(const Record& record, Endpoint endpoint, const router::v1::Target& target) {
  const char* operation = OperationOf(endpoint);
  trace::Span span(record.span.context(), trace::Kind::kClient, operation, target.model());
  if (!span.recording()) return span;
  span.Set("gen_ai.operation.name", operation);
  span.Set("gen_ai.provider.name", target.provider());
  span.Set("gen_ai.request.model", target.model());
  span.Set("gen_ai.request.stream", record.stream);
  if (record.settlement) span.SetIfAny("gen_ai.conversation.id", record.settlement->session());
  return span;
}

void EndAttempt(const provider::v1::End& end, std::string_view model, trace::Span& span) {
  if (!span.recording()) return;
  span.Set("gen_ai.response.model", model);
  if (end.has_usage()) {
    span.Set("gen_ai.usage.input_tokens", end.usage().input_tokens());
    span.Set("gen_ai.usage.output_tokens", end.usage().output_tokens());
    const std::int64_t cached = end.usage().cached_input_tokens();
    if (cached > 0) span.Set("gen_ai.usage.cache_read.input_tokens", cached);
  }
  span.SetList("gen_ai.response.finish_reasons", ReasonOf(end.finish()));
  if (end.finish() == provider::v1::FINISH_FAILED) span.Fail(end.error_code());
  span.End();
}

void EndAttempt(const provider::v1::Failure& failure, trace::Span& span) {
  if (!span.recording()) return;
  if (failure.upstream_status() != 0) span.Set("wayleave.upstream_status", failure.upstream_status());
  span.Fail(failure.code());
  span.End();
}

void Stages::Begin(const char* name) {
  if (!outer_.recorded()) return;
  span_ = trace::Span(outer_, trace::Kind::kClient, name);
  context_.trace = span_.context();
}

}  // namespace wayleave::gateway
