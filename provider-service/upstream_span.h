#pragma once

#include <string_view>

#include "base/http/client.h"
#include "base/trace/span.h"
#include "provider-service/provider.h"

namespace wayleave::provider {

// The span of one HTTP request to a provider. In a process that traces the provider is told it as its parent; otherwise
// the headers stay as they are. Belongs to the request.
class UpstreamSpan {
 public:
  // `target` is the path and query; of it only the path is kept, for a query may hold a key.
  UpstreamSpan(const trace::Context& parent, const Provider& provider, std::string_view model, std::string_view target);

  http::ClientHeaders Announced(http::ClientHeaders headers) const;

  bool recording() const { return span_.recording(); }
  void Head(const Result<http::ResponseHead>& head);
  void Body(const Result<http::Exchange::Body>& read);
  void Cancel();
  void End() { span_.End(); }

 private:
  void Fail(const Error& error);

  trace::Span span_;
};

}  // namespace wayleave::provider
