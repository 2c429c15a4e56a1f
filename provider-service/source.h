#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/http/client.h"
#include "base/trace/context.h"
#include "provider-service/provider.h"

namespace wayleave::provider {

// Where the answer's bytes come from. Belongs to one generation and its worker; must outlive its tasks.
class Source {
 public:
  virtual ~Source() = default;
  // As http::Exchange's Send, ReadBody, has_early, Release and Cancel.
  virtual Task<Result<http::ResponseHead>> Open() = 0;
  virtual Task<Result<http::Exchange::Body>> Read(std::string& append, std::chrono::milliseconds quiet) = 0;
  virtual bool HasEarly() const = 0;
  // When the request was sent; of no meaning before Open() has answered.
  virtual std::chrono::steady_clock::time_point SentAt() const = 0;
  virtual void Release() = 0;
  virtual void Cancel() = 0;
};

// A request to the provider, with the key of this number, as a span of its own below `parent`. The arguments must outlive
// the source.
std::unique_ptr<Source> MakeHttpSource(Provider& provider, http::ConnectionPool& pool,
                                       const v1::GenerateRequest& request, const UpstreamCall& call,
                                       http::ClientTimeouts timeouts, std::optional<std::size_t> key,
                                       const trace::Context& parent);

// The pieces of a script, with short pauses as a model makes them if it is a stream for a client.
std::unique_ptr<Source> MakeScriptSource(const UpstreamCall& call, bool paced);

}  // namespace wayleave::provider
