#include "base/trace/otlp.h"

#include <optional>

#include "base/crypto/id.h"
#include "base/trace/wire.h"
#include "base/version.h"

namespace wayleave::trace {
namespace {

using text::ByteBuffer;

// ExportTraceServiceRequest, ResourceSpans, Resource, ScopeSpans, InstrumentationScope.
constexpr int kResourceSpans = 1;
constexpr int kResource = 1;
constexpr int kScopeSpans = 2;
constexpr int kAttributes = 1;
constexpr int kScope = 1;
constexpr int kSpans = 2;
constexpr int kScopeName = 1;
constexpr int kScopeVersion = 2;
// ExportTraceServiceResponse, ExportTracePartialSuccess.
constexpr int kPartialSuccess = 1;
constexpr int kRejectedSpans = 1;

ByteBuffer Scope() {
  ByteBuffer scope;
  wire::Text(scope, kScopeName, "wayleave");
  wire::Text(scope, kScopeVersion, kVersion);
  return scope;
}

// Reads the fields of a message one after another; what is damaged ends it.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  struct Field {
    std::uint64_t number;
    std::uint64_t value;     // of a varint
    std::string_view bytes;  // of anything else
  };

  std::optional<Field> Next() {
    const auto tag = Varint();
    if (!tag) return std::nullopt;
    const auto type = *tag & 7;
    const auto value = type == kFixed64 ? 8 : type == kFixed32 ? 4 : Varint();
    if (!value || type > kFixed32) return std::nullopt;
    if (type == kVarint) return Field{*tag >> 3, *value, {}};
    if (*value > rest_.size()) return std::nullopt;
    const std::string_view bytes = rest_.substr(0, *value);
    rest_.remove_prefix(*value);
    return Field{*tag >> 3, 0, bytes};
  }

 private:
  static constexpr std::uint64_t kVarint = 0;
  static constexpr std::uint64_t kFixed64 = 1;
  static constexpr std::uint64_t kFixed32 = 5;

  std::optional<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

}  // namespace

std::string ResourceOf(const std::string& service) {
  ByteBuffer resource;
  wire::Attribute(resource, kAttributes, "service.name", service);
  wire::Attribute(resource, kAttributes, "service.version", std::string_view(kVersion));
  wire::Attribute(resource, kAttributes, "service.instance.id", crypto::MakeId());
  return std::string(resource.view());
}

void AppendSpan(text::ByteBuffer& spans, std::string_view span) { wire::Bytes(spans, kSpans, span); }

std::string HeadOf(const std::string& resource, std::size_t spans) {
  ByteBuffer scope;
  wire::Bytes(scope, kScope, Scope().view());
  ByteBuffer head;  // of ResourceSpans, up to the spans
  wire::Bytes(head, kResource, resource);
  wire::Head(head, kScopeSpans, scope.view().size() + spans);
  head.Append(scope.view());
  ByteBuffer request;
  wire::Head(request, kResourceSpans, head.view().size() + spans);
  request.Append(head.view());
  return std::string(request.view());
}

std::int64_t RejectedIn(std::string_view response) {
  std::int64_t rejected = 0;
  Fields fields(response);
  while (const auto field = fields.Next()) {
    if (field->number != kPartialSuccess) continue;
    Fields parts(field->bytes);
    while (const auto part = parts.Next()) {
      if (part->number == kRejectedSpans) rejected = static_cast<std::int64_t>(part->value);
    }
  }
  return rejected;
}

}  // namespace wayleave::trace
