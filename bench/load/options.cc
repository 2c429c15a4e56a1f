#include "bench/load/options.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

namespace wayleave::bench::load {
namespace {

[[noreturn]] void PrintUsage() {
  std::fputs(
      "bench-load --url http://ADDRESS:PORT/PATH [--body FILE] [--header 'K: V']…\n"
      "           [--connections N] [--seconds S] [--warmup S] [--rate RPS | --pause S] [--stream]\n"
      "           [--expect-text FILE] [--expect-events N] [--processes NAME=PID[+PID]…]…\n"
      "Loads an HTTP/1.1 server, checks every answer and prints one JSON object.\n",
      stderr);
  std::exit(2);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!text.empty()) return text;
  std::fprintf(stderr, "bench-load: cannot read %s\n", path.c_str());
  std::exit(2);
}

void SetUrl(Options& options, const std::string& url) {
  const std::string scheme = "http://";
  if (url.rfind(scheme, 0) != 0) PrintUsage();
  const std::string rest = url.substr(scheme.size());
  const std::size_t slash = rest.find('/');
  const std::string authority = rest.substr(0, slash);
  const std::size_t colon = authority.find(':');
  options.path = slash == rest.npos ? "/" : rest.substr(slash);
  options.host = authority.substr(0, colon);
  if (colon != authority.npos) options.port = std::atoi(authority.c_str() + colon + 1);
}

ProcessGroup ParseGroup(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos) PrintUsage();
  ProcessGroup group{text.substr(0, equals), {}};
  std::istringstream pids(text.substr(equals + 1));
  for (std::string pid; std::getline(pids, pid, '+');) group.roots.push_back(std::atoi(pid.c_str()));
  return group;
}

using Setter = std::function<void(Options&, const std::string&)>;

const std::map<std::string, Setter>& Setters() {
  static const std::map<std::string, Setter> setters = {
      {"--url", SetUrl},
      {"--body", [](Options& o, const std::string& v) { o.body = ReadFile(v); }},
      {"--header", [](Options& o, const std::string& v) { o.headers.push_back(v); }},
      {"--connections", [](Options& o, const std::string& v) { o.connections = std::atoi(v.c_str()); }},
      {"--seconds", [](Options& o, const std::string& v) { o.seconds = std::atof(v.c_str()); }},
      {"--warmup", [](Options& o, const std::string& v) { o.warmup_seconds = std::atof(v.c_str()); }},
      {"--rate", [](Options& o, const std::string& v) { o.rate = std::atof(v.c_str()); }},
      {"--pause", [](Options& o, const std::string& v) { o.pause_seconds = std::atof(v.c_str()); }},
      {"--expect-text", [](Options& o, const std::string& v) { o.expect_text = ReadFile(v); }},
      {"--expect-events", [](Options& o, const std::string& v) { o.expect_events = std::stoul(v); }},
      {"--processes", [](Options& o, const std::string& v) { o.groups.push_back(ParseGroup(v)); }},
  };
  return setters;
}

}  // namespace

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--stream") {
      options.stream = true;
      continue;
    }
    const auto setter = Setters().find(name);
    if (setter == Setters().end() || ++i == argc) PrintUsage();
    setter->second(options, argv[i]);
  }
  if (options.connections < 1 || argc == 1) PrintUsage();
  return options;
}

std::string RequestBytes(const Options& options) {
  std::string bytes = (options.body.empty() ? "GET " : "POST ") + options.path +
                      " HTTP/1.1\r\nHost: " + options.host + ":" + std::to_string(options.port) + "\r\n";
  for (const std::string& header : options.headers) bytes += header + "\r\n";
  if (!options.body.empty()) {
    bytes += "Content-Type: application/json\r\nContent-Length: " + std::to_string(options.body.size()) + "\r\n";
  }
  return bytes + "\r\n" + options.body;
}

}  // namespace wayleave::bench::load
