#include "provider-service/provider.h"

#include "base/version.h"
#include "provider-service/adapters/registry.h"

namespace wayleave::provider {
namespace {

http::ClientHeaders FixedHeaders(const ProviderConfig& config) {
  http::ClientHeaders headers(config.headers.begin(), config.headers.end());
  const bool own_credential = !http::FindHeader(headers, "authorization").empty();
  if (!config.api_key.empty() && !own_credential) {
    headers.emplace_back("Authorization", "Bearer " + config.api_key.Reveal());
  }
  return headers;
}

void AddMissing(http::ClientHeaders& headers, const char* name, std::string value) {
  if (http::FindHeader(headers, name).empty()) headers.emplace_back(name, std::move(value));
}

}  // namespace

Provider::Provider(ProviderConfig c, std::shared_ptr<const net::TlsContext> t, metrics::Registry& registry)
    : config(std::move(c)),
      adapter(FindAdapterType(config.type)->make(config.adapter)),
      tls(std::move(t)),
      origin{config.base_url.host, config.base_url.port, tls.get()},
      fixed_headers(FixedHeaders(config)),
      metrics(registry, config.name) {}

http::ClientHeaders Provider::HeadersFor(const v1::GenerateRequest& request, bool events) const {
  http::ClientHeaders headers = fixed_headers;
  for (const std::string& name : config.forward_headers) {
    const auto found = request.headers().find(name);
    if (found != request.headers().end()) AddMissing(headers, name.c_str(), found->second);
  }
  AddMissing(headers, "content-type", "application/json");
  AddMissing(headers, "accept", events ? "text/event-stream" : "application/json");
  AddMissing(headers, "user-agent", std::string("wayleave/") + kVersion);
  return headers;
}

Providers MakeProviders(const Config& config, metrics::Registry& registry) {
  Providers providers;
  std::map<std::string, std::shared_ptr<const net::TlsContext>> contexts;
  for (const ProviderConfig& one : config.providers) {
    std::shared_ptr<const net::TlsContext> tls;
    if (one.base_url.tls) {
      auto& shared = contexts[one.ca_file];
      if (!shared) shared = std::make_shared<const net::TlsContext>(one.ca_file);
      tls = shared;
    }
    providers.emplace(one.name, std::make_shared<Provider>(one, std::move(tls), registry));
  }
  return providers;
}

}  // namespace wayleave::provider
