#include "provider-service/adapters/calls.h"

#include "provider-service/dialect/passthrough.h"

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

PassThroughOptions PassThroughFor(const Ask& ask) {
  PassThroughOptions options;
  options.stream = ask.request.stream();
  options.client_model = ask.request.client_model();
  options.created_at = ask.now;
  return options;
}

}  // namespace

Dialect DoorDialect(v1::Endpoint endpoint) {
  switch (endpoint) {
    case v1::ENDPOINT_CHAT_COMPLETIONS: return Dialect::kChat;
    case v1::ENDPOINT_MESSAGES: return Dialect::kMessages;
    default: return Dialect::kResponses;
  }
}

Result<UpstreamCall> ResponsesThrough(const Ask& ask) {
  const v1::GenerateRequest& request = ask.request;
  if (!CanBeSpliced(request)) return NotAnObject();
  UpstreamCall call;
  call.path = kResponsesPath;
  call.body = WithModel(request.body(), RangeOf(request), request.model());
  call.events = request.stream();
  call.reply = MakeResponsesPassThrough(PassThroughFor(ask));
  return call;
}

Result<UpstreamCall> ChatThrough(const Ask& ask, const ChatQuirks& quirks) {
  const v1::GenerateRequest& request = ask.request;
  if (!CanBeSpliced(request)) return NotAnObject();
  const bool ask_for_usage = request.stream() && !request.include_usage() && quirks.stream_options;
  PassThroughOptions options = PassThroughFor(ask);
  options.strip_usage_chunk = ask_for_usage;

  UpstreamCall call;
  call.path = kChatPath;
  call.body = ask_for_usage ? WithModelAndUsage(request.body(), RangeOf(request), request.model())
                            : WithModel(request.body(), RangeOf(request), request.model());
  call.events = request.stream();
  call.reply = MakeChatPassThrough(std::move(options));
  return call;
}

Result<UpstreamCall> Translated(const Ask& ask, Dialect upstream, std::string path, const Quirks& quirks) {
  TranslateOptions options;
  options.client = DoorDialect(ask.request.endpoint());
  options.upstream = upstream;
  options.upstream_model = ask.request.model();
  options.client_model = ask.request.client_model();
  options.client_stream = ask.request.stream();
  options.include_usage = ask.request.include_usage();
  options.created_at = ask.now;
  options.quirks = quirks;
  options.facts = ask.facts;
  Result<Translation> translation = Translate(ask.request.body(), options);
  if (!translation) return std::move(translation).error();

  UpstreamCall call;
  call.path = std::move(path);
  call.body.Add(std::move(translation->body));
  call.events = quirks.streaming;
  call.reads_documents = true;
  call.same_dialect = options.client == upstream;
  call.reply = std::move(translation->reply);
  return call;
}

Error UnsupportedEndpoint(std::string_view what) {
  return Error{Code::kUnimplemented, "The provider of this model " + std::string(what), "unsupported_endpoint", {}};
}

}  // namespace wayleave::provider
