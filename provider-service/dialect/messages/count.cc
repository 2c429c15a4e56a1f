#include "provider-service/dialect/messages/count.h"

#include <utility>

#include "provider-service/dialect/document_reply.h"
#include "provider-service/dialect/hub/door.h"

namespace wayleave::provider {
namespace {

constexpr std::int64_t kImageTokens = 1600;
constexpr std::int64_t kBytesOfToken = 4;
constexpr std::int64_t kPieceTokens = 4;

class Counter {
 public:
  std::int64_t Count(const Json& request) {
    Add(At(request, "system"));
    AddList(At(request, "messages"));
    AddList(At(request, "tools"));
    return fixed_ + (bytes_ + kBytesOfToken - 1) / kBytesOfToken;
  }

 private:
  void AddList(const Json& list) {
    if (list.is_array()) fixed_ += kPieceTokens * static_cast<std::int64_t>(list.size());
    Add(list);
  }

  void Add(const Json& value) {
    if (value.is_string()) {
      bytes_ += static_cast<std::int64_t>(TextOf(value).size());
    } else if (value.is_array()) {
      for (const Json& one : value) Add(one);
    } else if (value.is_object()) {
      AddObject(value);
    }
  }

  // Pictures and files are not read as text.
  void AddObject(const Json& object) {
    const std::string& type = TextAt(object, "type");
    const Json& source = At(object, "source");
    if ((type == "image" || type == "document") && source.is_object() && TextAt(source, "type") != "text" &&
        TextAt(source, "type") != "content") {
      fixed_ += kImageTokens;
      return;
    }
    for (const auto& [name, member] : object.items()) {
      if (name == "signature" || name == "cache_control") continue;
      bytes_ += static_cast<std::int64_t>(name.size());
      Add(member);
    }
  }

  std::int64_t bytes_ = 0;
  std::int64_t fixed_ = 0;
};

class CountReply final : public Reply {
 public:
  explicit CountReply(std::size_t max_bytes) : document_(MakeDocumentPassThrough(max_bytes)) {}

  void Begin(Output& out) override { document_->Begin(out); }
  void KeepAlive(Output& out) override { document_->KeepAlive(out); }
  void Feed(std::string_view bytes, Output& out) override {
    document_->Feed(bytes, out);
    Free(out);
  }
  void End(Output& out) override {
    document_->End(out);
    Free(out);
  }
  void Break(std::string_view code, std::string_view message, Output& out) override {
    document_->Break(code, message, out);
    Free(out);
  }

 private:
  static void Free(Output& out) {
    out.output_bytes = 0;
    if (out.finish != Finish::kNone) out.usage = Usage{};
  }

  const std::unique_ptr<Reply> document_;
};

}  // namespace

std::int64_t EstimateMessagesTokens(const Json& request) { return Counter().Count(request); }

Result<std::string> CountTokensDocument(std::string_view body) {
  Result<Json> request = ParsedRequest(body);
  if (!request) return std::move(request).error();
  if (!At(*request, "messages").is_array()) return BadRequest("The request's `messages` is not a list.");
  return "{\"input_tokens\":" + std::to_string(EstimateMessagesTokens(*request)) + "}";
}

std::unique_ptr<Reply> MakeCountReply(std::size_t max_bytes) { return std::make_unique<CountReply>(max_bytes); }

}  // namespace wayleave::provider
