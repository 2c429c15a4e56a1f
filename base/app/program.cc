#include "base/app/program.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "base/app/flags.h"
#include "base/app/notify.h"
#include "base/log/log.h"
#include "base/metrics/process.h"
#include "base/version.h"

namespace wayleave::app {
namespace {

// Read once by every program.
constexpr const char* kFixed[] = {"admin_tls",       "grpc",
                                  "reuse_port",      "shutdown",
                                  "tracing.ca_file", "tracing.headers",
                                  "tracing.timeout", "tracing.otlp_endpoint",
                                  "tracing.trust_parent"};

// A collector that is away delays the end of a program by this.
constexpr std::chrono::seconds kLastSpans{3};

sigset_t AwaitedSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  return set;
}

int UsableCpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

void ShowDroppedLines(metrics::Registry& registry) {
  prometheus::Counter& dropped = registry.Counter("wayleave_log_lines_dropped_total",
                                                  "Log lines dropped because their reader was too slow.");
  registry.OnCollect([&dropped] { dropped.Increment(static_cast<double>(log::Dropped()) - dropped.Value()); });
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
    : name_(std::move(name)),
      flags_(std::move(flags)),
      registry_(name_),
      log_level_(flags_.log_level, registry_),
      reloads_(flags_.config, registry_) {
  const sigset_t signals = AwaitedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  config_.emplace(reloads_.ReadFirst());
  log_level_.Configure(LogLevel::Read(*config_));
  log::Start(log_level_.now());
  common_ = ReadCommon(*config_);
  common_.reuse_port = common_.reuse_port || flags_.reuse_port;
  metrics::ShowProcess(registry_);
  ShowDroppedLines(registry_);
  reloads_.Also([this](config::Section& root) -> std::function<void()> {
    return [this, level = LogLevel::Read(root), sampling = trace::ReadConfig(root).sampling] {
      log_level_.Configure(level);
      if (tracer_) tracer_->SetSampling(sampling);
    };
  });
  const trace::Config tracing = trace::ReadConfig(*config_);
  if (tracing.on()) tracer_ = std::make_unique<trace::Tracer>(tracing, name_, registry_);
}

Program::~Program() {
  StopAdmin();
  if (workers_) workers_->StopAndJoin();
  if (tracer_) tracer_->Stop(kLastSpans);
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
  config.tls = common_.admin_tls;
  config.reuse_port = common_.reuse_port;
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

void Program::SetReady(bool ready) {
  ready_ = ready;
  if (ready) NotifyReady();
}

void Program::OnReload(std::vector<std::string> fixed, std::function<void()> again) {
  fixed.insert(fixed.end(), std::begin(kFixed), std::end(kFixed));
  reloads_.SetFixed(std::move(fixed));
  again_ = [again = std::move(again)] {
    NotifyReloading();
    try {
      again();
    } catch (const config::ConfigError&) {
      // It is in the log, with its place; the configuration before stays.
    }
    NotifyReady();
  };
}

bool Program::Handle(int signal_number) {
  if (signal_number == SIGUSR1) return log_level_.Set(log::Level::kDebug, "SIGUSR1"), true;
  if (signal_number == SIGUSR2) return log_level_.Reset("SIGUSR2"), true;
  if (signal_number == SIGHUP && again_) again_();
  return signal_number == SIGHUP;
}

void Program::WaitForSignal(const std::function<void()>& leave) {
  if (again_) reloads_.StartWatching(again_);
  const sigset_t signals = AwaitedSignals();
  int signal_number = SIGHUP;
  do sigwait(&signals, &signal_number);
  while (Handle(signal_number));
  reloads_.StopWatching();
  Notify("STOPPING=1");
  log::Info("stopping", {{"service", name_}, {"signal", signal_number == SIGTERM ? "SIGTERM" : "SIGINT"}});
  second_.emplace();
  SetReady(false);
  if (leave) leave();
  if (signal_number == SIGTERM) BeLameDuck();
}

void Program::BeLameDuck() {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, hurry(), common_.lame_duck, [] { return false; });
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
  command
      .add_flag("--reuse-port", flags.reuse_port,
                "Let a second process of the same user listen on the same addresses, if it has this flag, too")
      ->envname("WAYLEAVE_REUSE_PORT");
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
