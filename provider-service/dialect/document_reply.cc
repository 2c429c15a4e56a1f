#include "provider-service/dialect/document_reply.h"

#include <string>
#include <utility>

#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/messages/tokens.h"
#include "provider-service/dialect/usage.h"

namespace wayleave::provider {
namespace {

using element = JsonElement;

// Responses has a status, Chat a reason of each choice, Messages one for all.
Finish HowItEnded(const element& document) {
  if (Text(document["type"]) == "message") return MessagesFinish(Text(document["stop_reason"]));
  const auto status = Text(document["status"]);
  const auto reason = Text(document["choices"].at(0)["finish_reason"]);
  if (status == "failed") return Finish::kFailed;
  if (status == "incomplete" || reason == "length" || reason == "content_filter") return Finish::kIncomplete;
  return Finish::kCompleted;
}

std::optional<Usage> UsageOf(const element& document, const element& usage) {
  const bool embeddings = !usage["prompt_tokens"].error();
  if (embeddings || !document["choices"].error()) return ReadChatUsage(usage);
  if (Text(document["type"]) != "message") return ReadResponsesUsage(usage);
  MessagesTokens tokens;
  tokens.Read(JsonLookup(element(usage)));
  return tokens.Told();
}

class DocumentReply final : public Reply {
 public:
  explicit DocumentReply(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void Begin(Output&) override {}
  void KeepAlive(Output&) override {}
  void Feed(std::string_view bytes, Output& out) override {
    if (over_) return;
    document_ += bytes;
    if (document_.size() > max_bytes_) Fail("upstream_bad_response", "The provider's answer is too long.", out);
  }
  void End(Output& out) override;
  void Break(std::string_view code, std::string_view message, Output& out) override {
    if (!over_) Fail(code, message, out);
  }

 private:
  void Fail(std::string_view code, std::string_view message, Output& out);

  const std::size_t max_bytes_;
  std::string document_;
  bool over_ = false;
};

void DocumentReply::End(Output& out) {
  if (over_) return;
  simdjson::dom::parser parser;
  element document;
  element error;
  if (!ReadJson(parser, document_, document) || !document.is_object()) {
    return Fail("upstream_bad_response", "The provider's answer is not JSON.", out);
  }
  const auto status = Text(document["status"]);
  // Some send errors with status 200.
  if (status.empty() && !document["error"].get(error) && error.is_object()) {
    const auto message = Text(error["message"]);
    return Fail(StreamErrorCode(CodeText(error["code"]), Text(error["type"]), message), message, out);
  }
  over_ = true;
  element usage;
  if (!document["usage"].get(usage)) {
    out.usage = UsageOf(document, usage);
  }
  out.finish = HowItEnded(document);
  if (out.finish == Finish::kFailed) out.error_code = Text(document["error"]["code"]);
  out.output_bytes += document_.size();
  out.bytes += std::exchange(document_, {});
  ++out.events;
}

void DocumentReply::Fail(std::string_view code, std::string_view message, Output& out) {
  over_ = true;
  document_ = {};
  out.finish = Finish::kFailed;
  out.error_code = code;
  out.failure = StreamFailure(code, message);
}

}  // namespace

std::unique_ptr<Reply> MakeDocumentPassThrough(std::size_t max_bytes) {
  return std::make_unique<DocumentReply>(max_bytes);
}

}  // namespace wayleave::provider
