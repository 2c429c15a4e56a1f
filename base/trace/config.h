#pragma once

#include "base/config/yaml.h"
#include "base/trace/exporter.h"

namespace wayleave::trace {

// Whether and how a program traces.
struct Config {
  double sampling = 0.1;     // the share of requests that are traced
  bool trust_parent = true;  // callers with a traceparent decide for their requests
  ExporterConfig exporter;   // without a host: off

  bool on() const { return !exporter.url.host.empty(); }
};

// Reads the `tracing` section and, for what it leaves out, OpenTelemetry's environment; OTEL_SDK_DISABLED=true goes
// over both. Throws config::ConfigError, whose message repeats no value of a header.
Config ReadConfig(config::Section& root);

}  // namespace wayleave::trace
