#include "base/app/program.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/app/flags.h"
#include "base/log/log.h"
#include "base/version.h"

namespace wayleave::app {
namespace {

sigset_t AwaitedSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

int UsableCpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

log::Level LevelOf(const std::string& word) {
  if (word == "debug") return log::Level::kDebug;
  if (word == "warning") return log::Level::kWarning;
  if (word == "error") return log::Level::kError;
  return log::Level::kInfo;
}

std::string ReadLogLevel(config::Section& root) {
  std::string level = "info";
  config::Section section = root.Child("log");
  section.Read("level", level);
  if (level != "debug" && level != "info" && level != "warning" && level != "error") {
    section.Fail("level", "must be debug, info, warning or error");
  }
  section.Done();
  return level;
}

http::Response PlainText(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(text);
  return response;
}

}  // namespace

Program::Program(std::string name, Flags flags)
    : name_(std::move(name)), flags_(std::move(flags)), registry_(name_), reloads_(flags_.config, registry_) {
  const sigset_t signals = AwaitedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  config_.emplace(reloads_.ReadFirst());
  const std::string level = ReadLogLevel(*config_);
  log::Start(LevelOf(flags_.log_level.empty() ? level : flags_.log_level));
  prometheus::Gauge& dropped =
      registry_.Gauge("wayleave_log_lines_dropped", "Log lines dropped because their reader was too slow.");
  registry_.OnCollect([&dropped] { dropped.Set(static_cast<double>(log::Dropped())); });
}

Program::~Program() {
  StopAdmin();
  if (workers_) workers_->StopAndJoin();
  log::Stop();
}

WorkerPool& Program::Workers(int configured) {
  if (!workers_) workers_.emplace(configured > 0 ? configured : UsableCpus());
  return *workers_;
}

void Program::HandleAdmin(std::string prefix, http::Server::Handler handler, http::Server::ErrorPage error_page) {
  admin_part_ = {std::move(prefix), std::move(handler), std::move(error_page)};
}

Result<int> Program::ServeAdmin(const std::string& address, std::function<std::string()> obstacle) {
  obstacle_ = std::move(obstacle);
  http::ServerConfig config;
  config.address = address;
  config.body_bytes = 1 << 20;
  config.connections = 200;
  admin_ = std::make_unique<http::Server>(
      Workers(0), config,
      [this](http::Request& request, http::Responder& responder) { return AnswerAdmin(request, responder); },
      [this](const http::Request& request, int status, std::string_view message) {
        return AdminErrorPage(request, status, message);
      },
      registry_, "admin");
  return admin_->Start();
}

http::Response Program::AdminErrorPage(const http::Request& request, int status, std::string_view message) const {
  if (admin_part_.error_page && admin_part_.Holds(request)) return admin_part_.error_page(request, status, message);
  return PlainText(status, std::string(message) + "\n");
}

Task<void> Program::AnswerAdmin(http::Request& request, http::Responder& responder) {
  if (admin_part_.Holds(request)) co_return co_await admin_part_.handler(request, responder);
  const std::string more = admin_part_.handler ? ", and more below " + admin_part_.prefix : "";
  http::Response response = PlainText(404, "Here are /livez, /readyz and /metrics" + more + ".\n");
  if (request.path() == "/livez") {
    response = PlainText(200, "ok\n");
  } else if (request.path() == "/readyz") {
    const std::string obstacle = !ready_ ? "starting or draining" : obstacle_ ? obstacle_() : "";
    response = obstacle.empty() ? PlainText(200, "ok\n") : PlainText(503, obstacle + "\n");
  } else if (request.path() == "/metrics") {
    response = PlainText(200, registry_.Render());
    response.headers = {};
    response.headers.Add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  }
  co_await responder.Send(std::move(response));
}

void Program::OnReload(std::vector<std::string> fixed, std::function<void()> again) {
  reloads_.SetFixed(std::move(fixed));
  again_ = [again = std::move(again)] {
    try {
      again();
    } catch (const config::ConfigError&) {
      // It is in the log, with its place; the configuration before stays.
    }
  };
}

void Program::WaitForSignal() {
  if (again_) reloads_.StartWatching(again_);
  const sigset_t signals = AwaitedSignals();
  int signal_number = SIGHUP;
  while (signal_number == SIGHUP) {
    sigwait(&signals, &signal_number);
    if (signal_number == SIGHUP && again_) again_();
  }
  reloads_.StopWatching();
  log::Info("stopping", {{"service", name_}, {"signal", signal_number == SIGTERM ? "SIGTERM" : "SIGINT"}});
}

void Program::StopAdmin() {
  if (admin_) admin_->Drain(std::chrono::milliseconds(200));
  admin_.reset();
}

void AddFlags(CLI::App& command, Flags& flags) {
  command.add_option("-c,--config", flags.config, "The YAML file that configures every service")
      ->envname("WAYLEAVE_CONFIG");
  command.add_option("--listen", flags.listen, "Address of the service itself, host:port")->envname("WAYLEAVE_LISTEN");
  command.add_option("--admin", flags.admin, "Address of /livez, /readyz and /metrics, host:port")
      ->envname("WAYLEAVE_ADMIN");
  command.add_option("--state-dir", flags.state_dir, "Where keys, usage and the journal are kept")
      ->envname("WAYLEAVE_STATE_DIR");
  command.add_option("--log-level", flags.log_level, "debug, info, warning or error")
      ->envname("WAYLEAVE_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
}

int RunProgram(const std::string& name, const Flags& flags, const std::function<Status(Program&)>& run) {
  try {
    Program program(name, flags);
    const Status status = run(program);
    if (status) return 0;
    std::fprintf(stderr, "%s: %s\n", name.c_str(), status.error().message.c_str());
  } catch (const config::ConfigError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
  }
  return 1;
}

int Main(int argc, char** argv, const std::string& name, const std::string& description,
         const std::function<Status(Program&)>& run) {
  CLI::App command(description, name);
  command.set_version_flag("--version", name + " " + kVersion);
  Flags flags;
  AddFlags(command, flags);
  CLI11_PARSE(command, argc, argv);
  return RunProgram(name, flags, run);
}

}  // namespace wayleave::app
