#include "provider-service/config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "base/net/address.h"
#include "provider-service/adapters/registry.h"
#include "provider-service/quirks_config.h"

namespace wayleave::provider {
namespace {

using config::Section;

void ReadTimeouts(Section section, ProviderConfig& provider) {
  http::ClientTimeouts& timeouts = provider.timeouts;
  section.Read("connect", timeouts.connect);
  section.Read("first_byte", timeouts.first_byte);
  section.Read("idle", timeouts.idle);
  section.Read("total", timeouts.total);
  section.Read("first_token", provider.first_token);
  section.Done();
  for (const auto time : {timeouts.connect, timeouts.first_byte, timeouts.idle}) {
    if (time.count() <= 0) section.Fail("connect, first_byte and idle must be more than nothing");
  }
}

void ReadLimits(Section section, ConcurrencyLimits& limits) {
  section.Read("concurrent", limits.concurrent);
  section.Read("queue", limits.queue);
  section.Read("queue_time", limits.queue_time);
  if (limits.concurrent < 0) section.Fail("concurrent", "must not be negative; 0 is no limit");
  if (limits.queue < 0 || limits.queue > 10000) section.Fail("queue", "must be a number from 0 to 10000");
  if (limits.queue > 0 && limits.concurrent == 0) section.Fail("queue", "needs a limit: say concurrent as well");
  if (limits.queue_time.count() <= 0) section.Fail("queue_time", "must be more than nothing");
  section.Done();
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool IsHeaderName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// Credentials of the client's, and what belongs to a connection or is ours to say.
bool MayBeForwarded(const std::string& name) {
  static constexpr std::array<std::string_view, 18> kNever{"authorization",
                                                           "cookie",
                                                           "host",
                                                           "connection",
                                                           "content-length",
                                                           "content-type",
                                                           "content-encoding",
                                                           "accept-encoding",
                                                           "transfer-encoding",
                                                           "te",
                                                           "trailer",
                                                           "upgrade",
                                                           "expect",
                                                           "keep-alive",
                                                           "x-api-key",
                                                           "api-key",
                                                           "proxy-connection",
                                                           "proxy-authorization"};
  return std::find(kNever.begin(), kNever.end(), name) == kNever.end();
}

void ReadHeaders(Section& section, ProviderConfig& provider) {
  section.Read("headers", provider.headers);
  for (const auto& [name, value] : provider.headers) {
    if (!IsHeaderName(name)) section.Fail("headers", "\"" + name + "\" is not the name of a header");
    if (value.find_first_of("\r\n") != std::string::npos) section.Fail("headers", name + " must not hold a line end");
  }
  section.Read("forward_headers", provider.forward_headers);
  for (std::string& name : provider.forward_headers) {
    name = Lower(name);
    if (!IsHeaderName(name)) section.Fail("forward_headers", "\"" + name + "\" is not the name of a header");
    if (!MayBeForwarded(name)) section.Fail("forward_headers", name + " never goes upstream");
  }
}

void ReadBaseUrl(Section& section, const AdapterType& type, ProviderConfig& provider) {
  std::string text = type.default_base_url;
  section.Read("base_url", text);
  if (text.empty()) section.Fail("base_url", "is missing");
  Result<http::Url> url = http::ParseUrl(text);
  if (!url) section.Fail("base_url", url.error().message);
  if (net::IsForbiddenLiteral(url->host)) {
    section.Fail("base_url", "is a link-local or metadata address; Wayleave never calls those");
  }
  provider.base_url = std::move(url).value();
  std::string& path = provider.base_url.path;
  for (const std::string& end : type.path_strips) {
    if (path.ends_with(end)) path.resize(path.size() - end.size());
  }
  if (!path.ends_with(type.path_suffix)) path += type.path_suffix;
}

// One that is not set, or stands there twice, is none.
void AddKey(Section& section, const char* name, std::string key, ProviderConfig& provider) {
  if (key.find_first_of("\r\n") != std::string::npos) section.Fail(name, "must not hold a line end");
  config::Secret secret(std::move(key));
  const bool known = std::find(provider.api_keys.begin(), provider.api_keys.end(), secret) != provider.api_keys.end();
  if (!secret.empty() && !known) provider.api_keys.push_back(std::move(secret));
}

void ReadCredential(Section& section, const AdapterType& type, ProviderConfig& provider) {
  std::string key;
  section.Read("api_key", key);
  AddKey(section, "api_key", std::move(key), provider);
  std::vector<std::string> keys;
  section.Read("api_keys", keys);
  for (std::string& one : keys) AddKey(section, "api_keys", std::move(one), provider);
  provider.api_key_header = type.api_key_header;
  section.Read("api_key_header", provider.api_key_header);
  const std::string& name = provider.api_key_header;
  if (!name.empty() && !IsHeaderName(name)) section.Fail("api_key_header", "is not the name of a header");
}

void ReadUpstream(Section& section, const AdapterType& type, ProviderConfig& provider) {
  ReadBaseUrl(section, type, provider);
  ReadCredential(section, type, provider);
  section.Read("query", provider.query);
  ReadHeaders(section, provider);
  section.Read("ca_file", provider.ca_file);
  ReadTimeouts(section.Child("timeouts"), provider);
  ReadLimits(section.Child("limits"), provider.limits);
}

ProviderConfig ReadProvider(const std::string& name, Section section) {
  ProviderConfig provider;
  provider.name = name;
  section.Read("type", provider.type);
  const AdapterType* type = FindAdapterType(provider.type);
  if (!type) {
    std::string known;
    for (const AdapterType& t : AdapterTypes()) known += (known.empty() ? "" : ", ") + t.name;
    section.Fail("type", "must be one of " + known);
  }
  provider.adapter = type->defaults;
  provider.forward_headers = type->forward_headers;
  if (type->has_upstream) ReadUpstream(section, *type, provider);
  if (!type->dialects.empty()) ReadWord<Dialect>(section, "dialect", type->dialects, provider.adapter.dialect);
  if (type->read_own) type->read_own(section, provider.adapter);
  ReadQuirks(section.Child("quirks"), provider.adapter.quirks);
  section.Read("keep_alive", provider.keep_alive);
  if (provider.keep_alive.count() <= 0) section.Fail("keep_alive", "must be more than nothing");
  section.Allow({"region"});  // the router's
  section.Done();
  return provider;
}

bool IsProviderName(const std::string& name) {
  return !name.empty() && name.find_first_of("/* \t\r\n") == std::string::npos;
}

// The demo is always there, so that the first minute works with nothing else.
void AddBuiltIn(Config& config) {
  for (const ProviderConfig& provider : config.providers) {
    if (provider.name == "demo") return;
  }
  Section section = config::Document::Parse("type: demo", "<built in>");
  config.providers.push_back(ReadProvider("demo", section));
}

}  // namespace

Config ReadConfig(Section& root) {
  Config config;
  for (auto& [name, section] : root.Child("providers").Entries()) {
    if (!IsProviderName(name)) section.Fail("a provider's name must have no slash, star or space");
    config.providers.push_back(ReadProvider(name, section));
  }
  AddBuiltIn(config);
  Section own = root.Child("provider");
  own.Read("listen", config.listen);
  own.Read("admin", config.admin);
  own.Read("workers", config.workers);
  own.Read("reflection", config.reflection);
  if (config.workers < 0) own.Fail("workers", "must not be negative");
  own.Done();
  return config;
}

}  // namespace wayleave::provider
