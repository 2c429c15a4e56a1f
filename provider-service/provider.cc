#include "provider-service/provider.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/version.h"
#include "provider-service/adapters/registry.h"

namespace wayleave::provider {
namespace {

// The most that come to those of the configuration: authorization, content-type, accept, user-agent, traceparent.
constexpr std::size_t kOurHeaders = 5;

http::ClientHeaders FixedHeaders(const ProviderConfig& config) {
  http::ClientHeaders headers(config.headers.begin(), config.headers.end());
  for (const auto& [name, value] : FindAdapterType(config.type)->own_headers) {
    if (http::FindHeader(headers, name).empty()) headers.emplace_back(name, value);
  }
  return headers;
}

// A file that changed is read again, though it goes by the same name.
std::string StampOf(const std::string& file) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file, error);
  if (file.empty() || error) return {};
  const auto size = std::filesystem::file_size(file, error);
  return std::to_string(time.time_since_epoch().count()) + ' ' + std::to_string(size);
}

void AppendEncoded(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
}

std::string FixedQuery(const std::map<std::string, std::string>& query) {
  std::string text;
  for (const auto& [key, value] : query) {
    if (!text.empty()) text += '&';
    AppendEncoded(text, key);
    text += '=';
    AppendEncoded(text, value);
  }
  return text;
}

// How long a model stays loaded after a request, as Ollama reads `keep_alive`; its own default is five minutes.
std::chrono::milliseconds ModelHold(const std::string& keep_alive) {
  if (keep_alive.empty()) return std::chrono::minutes(5);
  if (keep_alive.starts_with('-')) return std::chrono::milliseconds(-1);
  double ms = 0;
  const char* at = keep_alive.c_str();
  while (*at) {
    char* end = nullptr;
    const double number = std::strtod(at, &end);
    if (end == at) break;
    const std::string_view unit(end);
    const double factor = unit.starts_with("ms")  ? 1
                          : unit.starts_with('h') ? 3600e3
                          : unit.starts_with('m') ? 60e3
                                                  : 1e3;
    ms += number * factor;
    at = end + (unit.starts_with("ms") ? 2 : unit.empty() ? 0 : 1);
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(ms, 1e12)));
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
      site((origin.tls ? "https://" : "http://") + origin.Authority()),
      fixed_headers(FixedHeaders(config)),
      fixed_query(FixedQuery(config.query)),
      metrics(registry, config.name),
      limit_metrics(registry, config.name, config.api_keys.size(), config.limits.concurrent > 0),
      models(ModelHold(config.adapter.quirks.ollama.keep_alive)),
      keys(config.api_keys.size()),
      limiter(config.limits),
      ca_stamp_(StampOf(config.ca_file)) {}

bool Provider::SameCertificates() const { return StampOf(config.ca_file) == ca_stamp_; }

std::optional<std::size_t> Provider::AnyKey() {
  if (keys.size() == 0) return std::nullopt;
  return keys.TakeAnyhow(KeyPool::Clock::now());
}

std::string Provider::Target(const std::string& path) const {
  std::string target = config.base_url.path + path;
  if (!fixed_query.empty()) target += (target.find('?') == std::string::npos ? "?" : "&") + fixed_query;
  return target;
}

http::ClientHeaders Provider::HeadersFor(const v1::GenerateRequest& request, std::string_view accept,
                                         std::optional<std::size_t> key) const {
  http::ClientHeaders headers;
  headers.reserve(fixed_headers.size() + config.forward_headers.size() + kOurHeaders);
  headers = fixed_headers;
  const bool bearer = config.api_key_header.empty();
  if (key) {
    AddMissing(headers, bearer ? "Authorization" : config.api_key_header.c_str(),
               (bearer ? "Bearer " : "") + config.api_keys.at(*key).Reveal());
  }
  for (const std::string& name : config.forward_headers) {
    const auto found = request.headers().find(name);
    if (found != request.headers().end()) AddMissing(headers, name.c_str(), found->second);
  }
  AddMissing(headers, "content-type", "application/json");
  AddMissing(headers, "accept", std::string(accept));
  AddMissing(headers, "user-agent", std::string("wayleave/") + kVersion);
  return headers;
}

Providers MakeProviders(const Config& config, metrics::Registry& registry, const Providers& before) {
  Providers providers;
  std::map<std::string, std::shared_ptr<const net::TlsContext>> contexts;
  for (const ProviderConfig& one : config.providers) {
    const auto old = before.find(one.name);
    if (old != before.end() && old->second->config == one && old->second->SameCertificates()) {
      providers.insert(*old);
      continue;
    }
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
