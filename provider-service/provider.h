#pragma once

#include <map>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/http/client.h"
#include "base/net/tls.h"
#include "provider-service/adapters/adapter.h"
#include "provider-service/concurrency_limiter.h"
#include "provider-service/config.h"
#include "provider-service/key_pool.h"
#include "provider-service/limit_metrics.h"
#include "provider-service/metrics.h"
#include "provider-service/model_book.h"

namespace wayleave::provider {

// A provider, ready for use: immutable but for its counters, what it learns of its models, its keys' cooling and the
// lines before its models, which all workers share.
struct Provider {
  // `tls` is used for an https address; it may be shared by several providers.
  Provider(ProviderConfig config, std::shared_ptr<const net::TlsContext> tls, metrics::Registry& registry);

  // The path and query of a request to `path` below the base URL, which may have a query of its own.
  std::string Target(const std::string& path) const;
  // What every request says, those of the client's headers that may go upstream, and the key of this number.
  http::ClientHeaders HeadersFor(const v1::GenerateRequest& request, std::string_view accept,
                                 std::optional<std::size_t> key) const;
  // The key for a question that is nobody's request.
  std::optional<std::size_t> AnyKey();
  // Whether the same file would give the same certificates.
  bool SameCertificates() const;

  const ProviderConfig config;
  const std::unique_ptr<Adapter> adapter;
  const std::shared_ptr<const net::TlsContext> tls;
  const http::Origin origin;
  const std::string site;  // "https://api.openai.com:443"
  // What the configuration says, but for the keys.
  const http::ClientHeaders fixed_headers;
  // `key=value` pairs that every request has in its query.
  const std::string fixed_query;
  ProviderMetrics metrics;
  LimitMetrics limit_metrics;
  ModelBook models;
  KeyPool keys;
  ConcurrencyLimiter limiter;

 private:
  const std::string ca_stamp_;  // of the file that `tls` was made from
};

using Providers = std::map<std::string, std::shared_ptr<Provider>, std::less<>>;

// All of a configuration. Those that were `before` and are to be the same stay, with all that they have learned. Throws
// std::runtime_error if certificates can't be read.
Providers MakeProviders(const Config& config, metrics::Registry& registry, const Providers& before = {});

}  // namespace wayleave::provider
