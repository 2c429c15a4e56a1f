#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/app/common.h"
#include "base/app/log_level.h"
#include "base/app/reloads.h"
#include "base/app/second_signal.h"
#include "base/async/worker.h"
#include "base/config/yaml.h"
#include "base/http/server.h"
#include "base/metrics/registry.h"
#include "base/result.h"
#include "base/trace/tracer.h"

namespace wayleave::app {

// What the command line and the environment said. Empty strings: nothing.
struct Flags {
  std::string config;     // --config, WAYLEAVE_CONFIG
  std::string listen;     // --listen, WAYLEAVE_LISTEN
  std::string admin;      // --admin, WAYLEAVE_ADMIN
  std::string state_dir;  // --state-dir, WAYLEAVE_STATE_DIR
  std::string log_level;  // --log-level, WAYLEAVE_LOG_LEVEL: debug, info, warning, error
  bool reuse_port = false;  // --reuse-port, WAYLEAVE_REUSE_PORT
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
  // With what the flags say over it.
  const Common& common() const { return common_; }
  metrics::Registry& registry() { return registry_; }
  // Null if the configuration asks for no traces. Lives as long as the program.
  trace::Tracer* tracer() { return tracer_.get(); }
  // Started on first use; `configured` 0 means one for each CPU that the process may use.
  WorkerPool& Workers(int configured);

  // Lets `handler` answer what is below `prefix` (which ends in a slash) on the admin port, and `error_page` what the
  // server itself refuses there; without one such a refusal is plain text. Bodies have up to 1 MiB. Once, before
  // ServeAdmin(); both must stay callable, on any worker, until StopAdmin().
  void HandleAdmin(std::string prefix, http::Server::Handler handler, http::Server::ErrorPage error_page = {});
  // Serves /livez, /readyz, /metrics, and what HandleAdmin() was given. `obstacle` says why the program is not ready, or
  // "" if it is; any worker calls it. Before SetReady(true), and after SetReady(false), it is not.
  Result<int> ServeAdmin(const std::string& address, std::function<std::string()> obstacle = {});
  // The service manager, if there is one, is told that it serves.
  void SetReady(bool ready);

  // What is done on SIGHUP and when a file of the configuration changes, while WaitForSignal() waits: on the main thread
  // and on one of its own, perhaps at once. It is to call reloads().Again(), whose ConfigErrors end here.
  void OnReload(std::vector<std::string> fixed, std::function<void()> again);
  Reloads& reloads() { return reloads_; }
  LogLevel& log_level() { return log_level_; }

  // Blocks until SIGTERM or SIGINT. Then the program is not ready, and `leave` is called, which is to tell it to those who
  // watch; after SIGTERM the lame duck's time passes, in which all is served as before. SIGUSR1 has everything logged, SIGUSR2 what is configured.
  void WaitForSignal(const std::function<void()>& leave = {});
  // Whether a second signal has come: what is still in progress is then cut. After WaitForSignal().
  std::stop_token hurry() const { return second_ ? second_->token() : std::stop_token(); }
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

  // Does what a signal asks for; false for those that end the program.
  bool Handle(int signal_number);
  void BeLameDuck();
  Task<void> AnswerAdmin(http::Request& request, http::Responder& responder);
  http::Response AdminErrorPage(const http::Request& request, int status, std::string_view message) const;

  const std::string name_;
  const Flags flags_;
  metrics::Registry registry_;
  LogLevel log_level_;
  Reloads reloads_;
  std::optional<config::Section> config_;
  Common common_;
  std::unique_ptr<trace::Tracer> tracer_;  // outlives the workers, where spans end
  std::function<void()> again_;
  std::optional<WorkerPool> workers_;
  std::atomic<bool> ready_{false};
  std::optional<SecondSignal> second_;
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
