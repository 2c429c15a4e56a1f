#include "provider-service/adapters/calls.h"

#include "provider-service/dialect/messages/count.h"
#include "provider-service/dialect/messages/foreign.h"
#include "provider-service/dialect/messages/threads.h"
#include "provider-service/dialect/passthrough.h"
#include "provider-service/dialect/responses/foreign.h"

namespace wayleave::provider {
namespace {

constexpr char kChatPath[] = "/chat/completions";
constexpr char kResponsesPath[] = "/responses";

// Splicing trusts its input, and this one comes over the network.
bool CanBeSpliced(const v1::GenerateRequest& request) {
  const std::string& body = request.body();
  const auto& range = request.model_range();
  const auto first = body.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || body[first] != '{') return false;
  return range.offset() <= body.size() && range.length() <= body.size() - range.offset();
}

Error NotAnObject() {
  return Error{Code::kInvalidArgument, "The request body must be a JSON object.", "invalid_prompt"};
}

ModelRange RangeOf(const v1::GenerateRequest& request) {
  return {request.model_range().offset(), request.model_range().length()};
}

std::optional<Allowance> AllowanceOf(const v1::GenerateRequest& request) {
  if (!request.has_allowance()) return std::nullopt;
  const v1::Allowance& told = request.allowance();
  const v1::Usage& before = told.before();
  return Allowance{told.output_tokens(), told.step(), told.bytes_per_token(),
                   Usage{before.input_tokens(), before.cached_input_tokens(), before.output_tokens(),
                         before.reasoning_tokens(), before.total_tokens()}};
}

PassThroughOptions PassThroughFor(const Ask& ask) {
  PassThroughOptions options;
  options.stream = ask.request.stream();
  options.include_usage = ask.request.include_usage();
  options.allowance = AllowanceOf(ask.request);
  options.client_model = ask.request.client_model();
  options.created_at = ask.now;
  return options;
}

RequestSettings SettingsOf(const v1::GenerateRequest& request) {
  return {request.reasoning_effort(), request.max_output_tokens(), request.service_tier()};
}

// The request as it is, or without what only its own provider understands.
SplicedBody MessagesBody(const Ask& ask) {
  if (auto cleaned = WithoutForeignThoughts(ask.request.body(), ask.upstream_model())) {
    SplicedBody body;
    body.Add(*std::move(cleaned));
    return body;
  }
  return WithModel(ask.request.body(), RangeOf(ask.request), ask.upstream_model());
}

// With the settings.
SplicedBody MessagesBody(const Ask& ask, const Quirks& quirks) {
  const RequestSettings settings = SettingsOf(ask.request);
  if (settings.empty()) return MessagesBody(ask);
  const std::string body = MessagesBody(ask).Joined();
  BodyChanges changes = MessagesSettings(body, settings, quirks, ask.upstream_model());
  SplicedBody changed;
  changed.Add(WithChanges(body, std::move(changes)).Joined());
  return changed;
}

// A document of our own, for nothing.
Result<UpstreamCall> EstimatedCount(const Ask& ask) {
  Result<std::string> count = CountTokensDocument(ask.request.body());
  if (!count) return std::move(count).error();
  UpstreamCall call;
  call.events = false;
  call.reply = MakeCountReply();
  call.script = {std::move(count).value()};
  return call;
}

}  // namespace

Dialect DoorDialect(v1::Endpoint endpoint) {
  switch (endpoint) {
    case v1::ENDPOINT_CHAT_COMPLETIONS: return Dialect::kChat;
    case v1::ENDPOINT_MESSAGES: return Dialect::kMessages;
    default: return Dialect::kResponses;
  }
}

bool MustBeTranslated(const v1::GenerateRequest& request) {
  return request.stream() && (request.may_continue() || !request.resume().empty());
}

Result<UpstreamCall> ResponsesThrough(const Ask& ask, const Quirks& quirks) {
  const v1::GenerateRequest& request = ask.request;
  if (!CanBeSpliced(request)) return NotAnObject();
  UpstreamCall call;
  call.path = kResponsesPath;
  const RequestSettings settings = SettingsOf(request);
  BodyChanges changes = settings.empty() ? BodyChanges() : ResponsesSettings(request.body(), settings, quirks);
  if (auto cleaned = WithoutForeignItems(request.body())) {
    changes.replaced.push_back(std::move(cleaned->edit));
    call.dropped = std::move(cleaned->dropped);
  }
  call.body = WithModel(request.body(), RangeOf(request), ask.upstream_model(), std::move(changes));
  call.events = request.stream();
  call.reply = MakeResponsesPassThrough(PassThroughFor(ask));
  return call;
}

Result<UpstreamCall> ChatThrough(const Ask& ask, const Quirks& quirks) {
  const v1::GenerateRequest& request = ask.request;
  if (!CanBeSpliced(request)) return NotAnObject();
  const bool ask_for_usage = request.stream() && !request.include_usage() && quirks.chat.stream_options;
  PassThroughOptions options = PassThroughFor(ask);
  options.strip_usage_chunk = ask_for_usage;

  UpstreamCall call;
  call.path = kChatPath;
  const RequestSettings settings = SettingsOf(request);
  const auto with_model = ask_for_usage ? WithModelAndUsage : WithModel;
  call.body = with_model(request.body(), RangeOf(request), ask.upstream_model(),
                         settings.empty() ? BodyChanges() : ChatSettings(request.body(), settings, quirks));
  call.events = request.stream();
  call.reply = MakeChatPassThrough(std::move(options));
  return call;
}

Result<UpstreamCall> EmbeddingsThrough(const Ask& ask, std::string path) {
  const v1::GenerateRequest& request = ask.request;
  if (!CanBeSpliced(request)) return NotAnObject();
  UpstreamCall call;
  call.path = std::move(path);
  call.body = WithModel(request.body(), RangeOf(request), ask.upstream_model());
  call.events = false;
  PassThroughOptions options = PassThroughFor(ask);
  options.stream = false;
  call.reply = MakeChatPassThrough(std::move(options));
  return call;
}

Result<UpstreamCall> MessagesThrough(const Ask& ask, const Quirks& quirks) {
  if (!CanBeSpliced(ask.request)) return NotAnObject();
  UpstreamCall call;
  call.path = "/messages";
  call.body = MessagesBody(ask, quirks);
  call.events = ask.request.stream();
  call.reply = MakeMessagesPassThrough(PassThroughFor(ask));
  return call;
}

Result<UpstreamCall> CountTokensThrough(const Ask& ask) {
  if (!CanBeSpliced(ask.request)) return NotAnObject();
  UpstreamCall call;
  call.path = "/messages/count_tokens";
  call.body = MessagesBody(ask);
  call.events = false;
  call.reply = MakeCountReply();
  return call;
}

Result<UpstreamCall> Translated(const Ask& ask, Dialect upstream, std::string path, const Quirks& quirks) {
  TranslateOptions options;
  options.client = DoorDialect(ask.request.endpoint());
  options.upstream = upstream;
  options.upstream_model = ask.upstream_model();
  options.client_model = ask.request.client_model();
  options.client_stream = ask.request.stream();
  options.include_usage = ask.request.include_usage();
  options.created_at = ask.now;
  options.quirks = quirks;
  options.facts = ask.facts;
  options.settings = SettingsOf(ask.request);
  options.may_continue = ask.request.may_continue();
  options.allowance = AllowanceOf(ask.request);
  options.resume = ask.request.resume();
  Result<Translation> translation = Translate(ask.request.body(), options);
  if (!translation) return std::move(translation).error();

  UpstreamCall call;
  call.path = std::move(path);
  call.body.Add(std::move(translation->body));
  call.events = quirks.streaming;
  call.reads_documents = true;
  call.same_dialect = options.client == upstream;
  call.context_tokens = translation->context_tokens;
  call.dropped = std::move(translation->dropped);
  call.reply = std::move(translation->reply);
  return call;
}

Result<UpstreamCall> PrepareCall(const Adapter& adapter, const Ask& ask) {
  const bool messages = ask.request.endpoint() == v1::ENDPOINT_MESSAGES;
  if (messages && !adapter.HoldsThreads() && AsksForThread(ask.request.body())) return ThreadRefusal();
  const bool count = ask.request.endpoint() == v1::ENDPOINT_COUNT_TOKENS;
  return count && !adapter.CountsTokens() ? EstimatedCount(ask) : adapter.Prepare(ask);
}

Error UnsupportedEndpoint(std::string_view what) {
  return Error{Code::kUnimplemented, "The provider of this model " + std::string(what), "unsupported_endpoint", {}};
}

}  // namespace wayleave::provider
