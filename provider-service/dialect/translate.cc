#include "provider-service/dialect/translate.h"

#include <utility>

#include "provider-service/dialect/chat/door.h"
#include "provider-service/dialect/chat/reply.h"
#include "provider-service/dialect/chat/request.h"
#include "provider-service/dialect/hub/apply_settings.h"
#include "provider-service/dialect/hub/door.h"
#include "provider-service/dialect/hub/resume.h"
#include "provider-service/dialect/hub/upstream.h"
#include "provider-service/dialect/json_parse.h"
#include "provider-service/dialect/messages/door.h"
#include "provider-service/dialect/messages/reply.h"
#include "provider-service/dialect/messages/request.h"
#include "provider-service/dialect/ollama/reply.h"
#include "provider-service/dialect/ollama/request.h"
#include "provider-service/dialect/responses/door.h"
#include "provider-service/dialect/responses/reply.h"
#include "provider-service/dialect/responses/request.h"

namespace wayleave::provider {
namespace {

// Trees are written recursively: nobody may make us run out of stack.
constexpr int kDeepest = 200;

bool TooDeep(std::string_view body) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// A new client dialect is a line here.
Door DoorOf(Dialect client) {
  switch (client) {
    case Dialect::kResponses: return FromResponses;
    case Dialect::kMessages: return FromMessages;
    case Dialect::kChat: return FromChat;
    default: return nullptr;
  }
}

// A new upstream dialect is a line here.
UpstreamDialect UpstreamOf(Dialect upstream) {
  switch (upstream) {
    case Dialect::kResponses: return {WriteResponsesRequest, MakeResponsesReply};
    case Dialect::kBasicResponses: return {WriteBasicResponsesRequest, MakeBasicResponsesReply};
    case Dialect::kChat: return {WriteChatRequest, MakeChatReply};
    case Dialect::kMessages: return {WriteMessagesRequest, MakeMessagesReply};
    case Dialect::kOllama: return {WriteOllamaRequest, MakeOllamaReply};
    default: return {};
  }
}

Error NoSuchWay() {
  return Error{Code::kUnimplemented, "The provider of this model can't be reached through this endpoint.",
               "unsupported_endpoint", {}};
}

}  // namespace

Result<Json> ParsedRequest(std::string_view body) {
  if (TooDeep(body)) return BadRequest("The request's JSON is nested too deep.");
  Json request = ParsedJson(body);
  if (request.is_discarded()) return BadRequest("The request's body is not valid JSON.");
  if (!request.is_object()) return BadRequest("The request's body is not a JSON object.");
  return request;
}

Result<Translation> Translate(std::string_view body, const TranslateOptions& options) {
  const Door door = DoorOf(options.client);
  const UpstreamDialect upstream = UpstreamOf(options.upstream);
  if (!door || !upstream.write) return NoSuchWay();

  Result<Json> request = ParsedRequest(body);
  if (!request) return std::move(request).error();
  Result<Asked> asked = door(std::move(request).value(), options);
  if (!asked) return std::move(asked).error();
  ApplySettings(options.settings, options.quirks.chat.service_tier, asked->said);
  Result<std::optional<StreamState>> resumed = ReadResume(options);
  if (!resumed) return std::move(resumed).error();
  if (*resumed) PrepareToCarryOn(**resumed, asked->said);
  HubRequest hub = ReadHubRequest(std::move(asked->said));
  if (*resumed) CarryOn(**resumed, hub.history);
  Result<std::string> written = upstream.write(hub, options);
  if (!written) return std::move(written).error();

  TurnContext context{std::move(hub.table), std::move(hub.history.call_ids), hub.history.compaction,
                      std::move(asked->writer), options.ids};
  context.upstream_model = options.upstream_model;
  context.think_tags = options.quirks.think_tags;
  context.dialect = static_cast<std::uint8_t>(options.client);
  context.may_continue = options.may_continue && options.client_stream;
  if (options.client_stream) context.allowance = options.allowance;
  context.resumed = std::move(resumed).value();
  return Translation{std::move(written).value(), upstream.read(std::move(context)), hub.dropped.Take(),
                     hub.context_tokens};
}

}  // namespace wayleave::provider
