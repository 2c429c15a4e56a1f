#include "provider-service/adapters/calls.h"

#include "provider-service/dialect/passthrough.h"
#include "provider-service/dialect/responses_to_chat.h"

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

PassThroughOptions PassThroughFor(const v1::GenerateRequest& request, std::int64_t now) {
  PassThroughOptions options;
  options.stream = request.stream();
  options.client_model = request.client_model();
  options.created_at = now;
  return options;
}

}  // namespace

Result<UpstreamCall> ResponsesThrough(const v1::GenerateRequest& request, std::int64_t now) {
  if (!CanBeSpliced(request)) return NotAnObject();
  UpstreamCall call;
  call.path = kResponsesPath;
  call.body = WithModel(request.body(), RangeOf(request), request.model());
  call.events = request.stream();
  call.reply = MakeResponsesPassThrough(PassThroughFor(request, now));
  return call;
}

Result<UpstreamCall> ChatThrough(const v1::GenerateRequest& request, std::int64_t now, const ChatQuirks& quirks) {
  if (!CanBeSpliced(request)) return NotAnObject();
  const bool ask_for_usage = request.stream() && !request.include_usage() && quirks.stream_options;
  PassThroughOptions options = PassThroughFor(request, now);
  options.strip_usage_chunk = ask_for_usage;

  UpstreamCall call;
  call.path = kChatPath;
  call.body = ask_for_usage ? WithModelAndUsage(request.body(), RangeOf(request), request.model())
                            : WithModel(request.body(), RangeOf(request), request.model());
  call.events = request.stream();
  call.reply = MakeChatPassThrough(std::move(options));
  return call;
}

Result<UpstreamCall> ResponsesOverChat(const v1::GenerateRequest& request, std::int64_t now, const ChatQuirks& quirks) {
  ChatOptions options;
  options.upstream_model = request.model();
  options.client_model = request.client_model();
  options.client_stream = request.stream();
  options.created_at = now;
  options.quirks = quirks;
  Result<ChatCall> chat = ToChat(request.body(), options);
  if (!chat) return std::move(chat).error();

  UpstreamCall call;
  call.path = kChatPath;
  call.body.Add(std::move(chat->body));
  call.same_dialect = false;
  call.reply = std::move(chat->reply);
  return call;
}

}  // namespace wayleave::provider
