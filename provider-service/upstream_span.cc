#include "provider-service/upstream_span.h"

#include <algorithm>

namespace wayleave::provider {
namespace {

constexpr std::string_view kHeader = "traceparent";

std::string_view PathOf(std::string_view target) { return target.substr(0, target.find('?')); }

}  // namespace

UpstreamSpan::UpstreamSpan(const trace::Context& parent, const Provider& provider, std::string_view model,
                           std::string_view target)
    : span_(parent, trace::Kind::kClient, "POST", PathOf(target)) {
  if (!recording()) return;
  span_.Set("http.request.method", "POST");
  span_.Set("url.full", provider.site + std::string(PathOf(target)));
  span_.Set("server.address", provider.origin.host);
  span_.Set("server.port", provider.origin.port);
  span_.Set("gen_ai.provider.name", provider.config.name);
  span_.Set("gen_ai.request.model", model);
  span_.Set("wayleave.provider.type", provider.config.type);
}

// What the client sent, if that may go upstream, is not the parent any more.
http::ClientHeaders UpstreamSpan::Announced(http::ClientHeaders headers) const {
  if (!span_.context().tracer || !span_.context().valid()) return headers;
  std::erase_if(headers, [](const auto& header) { return header.first == kHeader; });
  headers.emplace_back(kHeader, trace::Traceparent(span_.context()));
  return headers;
}

void UpstreamSpan::Head(const Result<http::ResponseHead>& head) {
  if (!recording()) return;
  if (!head) return Fail(head.error());
  span_.Set("http.response.status_code", head->status);
  if (head->status >= 400) span_.Fail(std::to_string(head->status));
}

void UpstreamSpan::Body(const Result<http::Exchange::Body>& read) {
  if (!read) return Fail(read.error());
  if (*read == http::Exchange::Body::kEnd) span_.End();
}

void UpstreamSpan::Cancel() {
  span_.Fail("cancelled");
  span_.End();
}

void UpstreamSpan::Fail(const Error& error) {
  span_.Fail(error.reason);
  span_.End();
}

}  // namespace wayleave::provider
