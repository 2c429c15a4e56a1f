#include "base/trace/config.h"

#include <algorithm>
#include <cstdlib>

#include "base/config/scalar.h"
#include "base/http/url.h"
#include "base/trace/header_list.h"

namespace wayleave::trace {
namespace {

constexpr const char* kPath = "/v1/traces";

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

[[noreturn]] void Fail(const char* variable, const std::string& problem) {
  throw config::ConfigError("environment: " + std::string(variable) + ": " + problem);
}

// For all signals; traces are below it.
void ReadEndpoint(config::Section& section, ExporterConfig& exporter) {
  std::string text;
  section.Read("otlp_endpoint", text);
  if (text.empty()) return;
  auto url = http::ParseUrl(text);
  if (!url) section.Fail("otlp_endpoint", url.error().message);
  exporter.url = std::move(*url);
  exporter.url.path += kPath;
}

bool ReadEndpointFrom(const char* variable, const char* path, ExporterConfig& exporter) {
  const std::string text = Environment(variable);
  if (text.empty()) return false;
  auto url = http::ParseUrl(text);
  if (!url) Fail(variable, url.error().message);
  exporter.url = std::move(*url);
  exporter.url.path += path;
  return true;
}

void ReadHeaders(config::Section& section, ExporterConfig& exporter) {
  std::map<std::string, std::string> headers;
  section.Read("headers", headers);
  for (auto& [name, value] : headers) {
    if (!IsHeaderName(name))
      section.Fail("headers", "has a name that no header can have: use letters, digits and dashes");
    if (!IsHeaderValue(value))
      section.Fail("headers", "the value of " + name + " has a line end or another control character");
    exporter.headers.emplace_back(name, config::Secret(std::move(value)));
  }
}

void ReadHeadersFrom(const char* variable, ExporterConfig& exporter) {
  const std::string text = Environment(variable);
  if (text.empty()) return;
  auto headers = ParseHeaderList(text);
  if (!headers) Fail(variable, headers.error().message);
  exporter.headers = std::move(*headers);
}

void ReadSampling(config::Section& section, Config& config) {
  constexpr const char* kProblem = "must be a number from 0 to 1: the share of requests that are traced";
  constexpr const char* kVariable = "OTEL_TRACES_SAMPLER_ARG";
  const std::string argument = Environment(kVariable);
  if (!section.Has("sampling") && !argument.empty()) {
    const auto ratio = config::ParseNumber(argument);
    if (!ratio || !(*ratio >= 0 && *ratio <= 1)) Fail(kVariable, kProblem);
    config.sampling = *ratio;
  }
  section.Read("sampling", config.sampling);
  if (!(config.sampling >= 0 && config.sampling <= 1)) section.Fail("sampling", kProblem);
}

bool IsDisabled() {
  std::string word = Environment("OTEL_SDK_DISABLED");
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  return word == "true";
}

}  // namespace

Config ReadConfig(config::Section& root) {
  Config config;
  config::Section section = root.Child("tracing");
  ExporterConfig& exporter = config.exporter;
  ReadEndpoint(section, exporter);
  ReadHeaders(section, exporter);
  ReadSampling(section, config);
  section.Read("trust_parent", config.trust_parent);
  section.Read("ca_file", exporter.ca_file);
  section.Read("timeout", exporter.timeout);
  if (exporter.timeout.count() <= 0) section.Fail("timeout", "must be more than 0");
  section.Done();
  if (!config.on() && !ReadEndpointFrom("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", exporter)) {
    ReadEndpointFrom("OTEL_EXPORTER_OTLP_ENDPOINT", kPath, exporter);
  }
  if (exporter.headers.empty()) ReadHeadersFrom("OTEL_EXPORTER_OTLP_TRACES_HEADERS", exporter);
  if (exporter.headers.empty()) ReadHeadersFrom("OTEL_EXPORTER_OTLP_HEADERS", exporter);
  if (IsDisabled()) exporter.url = {};
  return config;
}

}  // namespace wayleave::trace
