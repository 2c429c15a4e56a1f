#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/http/client.h"
#include "base/net/tls.h"
#include "provider-service/adapters/adapter.h"
#include "provider-service/config.h"
#include "provider-service/metrics.h"
#include "provider-service/model_book.h"

namespace wayleave::provider {

// A provider, ready for use: immutable but for its counters and what it learns of its models, which all workers share.
struct Provider {
  // `tls` is used for an https address; it may be shared by several providers.
  Provider(ProviderConfig config, std::shared_ptr<const net::TlsContext> tls, metrics::Registry& registry);

  // The path and query of a request to `path` below the base URL, which may have a query of its own.
  std::string Target(const std::string& path) const;
  // What every request says, and those of the client's headers that may go upstream.
  http::ClientHeaders HeadersFor(const v1::GenerateRequest& request, std::string_view accept) const;

  const ProviderConfig config;
  const std::unique_ptr<Adapter> adapter;
  const std::shared_ptr<const net::TlsContext> tls;
  const http::Origin origin;
  // Credentials and the configured extras.
  const http::ClientHeaders fixed_headers;
  // `key=value` pairs that every request has in its query.
  const std::string fixed_query;
  ProviderMetrics metrics;
  ModelBook models;
};

using Providers = std::map<std::string, std::shared_ptr<Provider>, std::less<>>;

// All of a configuration. Throws std::runtime_error if certificates can't be read.
Providers MakeProviders(const Config& config, metrics::Registry& registry);

}  // namespace wayleave::provider
