#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/app/reloads.h"
#include "base/async/worker.h"
#include "base/config/yaml.h"
#include "base/http/server.h"
#include "base/metrics/registry.h"
#include "base/result.h"

namespace wayleave::app {

// What the command line and the environment said. Empty strings: nothing.
struct Flags {
  std::string config;     // --config, WAYLEAVE_CONFIG
  std::string listen;     // --listen, WAYLEAVE_LISTEN
  std::string admin;      // --admin, WAYLEAVE_ADMIN
  std::string state_dir;  // --state-dir, WAYLEAVE_STATE_DIR
  std::string log_level;  // --log-level, WAYLEAVE_LOG_LEVEL: debug, info, warning, error
};

// What every long-running program of ours has: configuration, logs, metrics, workers, an admin port, a configuration
// that can be read again, and an orderly end on SIGTERM or SIGINT. Lives on the main thread, which it blocks the signals of.
class Program {
 public:
  // Reads the file, if one is named, and starts the logs. Throws config::ConfigError.
  Program(std::string name, Flags flags);
  ~Program();

  const Flags& flags() const { return flags_; }
  config::Section& config() { return *config_; }
  metrics::Registry& registry() { return registry_; }
  // Started on first use; `configured` 0 means one for each CPU that the process may use.
  WorkerPool& Workers(int configured);

  // Lets `handler` answer what is below `prefix` (which ends in a slash) on the admin port, and `error_page` what the
  // server itself refuses there; without one such a refusal is plain text. Bodies have up to 1 MiB. Once, before
  // ServeAdmin(); both must stay callable, on any worker, until StopAdmin().
  void HandleAdmin(std::string prefix, http::Server::Handler handler, http::Server::ErrorPage error_page = {});
  // Serves /livez, /readyz, /metrics, and what HandleAdmin() was given. `obstacle` says why the program is not ready, or
  // "" if it is; any worker calls it. Before SetReady(true), and after SetReady(false), it is not.
  Result<int> ServeAdmin(const std::string& address, std::function<std::string()> obstacle = {});
  void SetReady(bool ready) { ready_ = ready; }

  // What is done on SIGHUP and when a file of the configuration changes, while WaitForSignal() waits: on the main thread
  // and on one of its own, perhaps at once. It is to call reloads().Again(), whose ConfigErrors end here.
  void OnReload(std::vector<std::string> fixed, std::function<void()> again);
  Reloads& reloads() { return reloads_; }

  // Blocks until SIGTERM or SIGINT.
  void WaitForSignal();
  // Ends the admin port; the last step of a drain.
  void StopAdmin();

 private:
  // What HandleAdmin() was given.
  struct AdminPart {
    std::string prefix;
    http::Server::Handler handler;
    http::Server::ErrorPage error_page;

    bool Holds(const http::Request& request) const { return handler && request.path().starts_with(prefix); }
  };

  Task<void> AnswerAdmin(http::Request& request, http::Responder& responder);
  http::Response AdminErrorPage(const http::Request& request, int status, std::string_view message) const;

  const std::string name_;
  const Flags flags_;
  metrics::Registry registry_;
  Reloads reloads_;
  std::optional<config::Section> config_;
  std::function<void()> again_;
  std::optional<WorkerPool> workers_;
  std::atomic<bool> ready_{false};
  std::function<std::string()> obstacle_;
  AdminPart admin_part_;
  std::unique_ptr<http::Server> admin_;
};

// The main function of a service's own binary: parses the flags (--help, --version), runs `run`, and turns a
// bad configuration into exit code 2 and any other failure into 1, each with a line on standard error.
int Main(int argc, char** argv, const std::string& name, const std::string& description,
         const std::function<Status(Program&)>& run);

// Runs `run` for flags that are parsed already, with the same exit codes.
int RunProgram(const std::string& name, const Flags& flags, const std::function<Status(Program&)>& run);

}  // namespace wayleave::app
