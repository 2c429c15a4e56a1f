#include "deploy/serve.h"

#include "base/log/log.h"
#include "base/state/state_dir.h"
#include "base/version.h"
#include "deploy/first_key.h"
#include "deploy/local_ports.h"
#include "deploy/local_probe.h"
#include "deploy/settings.h"
#include "deploy/welcome.h"
#include "gateway/admin/admin_api.h"
#include "gateway/admin/live_desk.h"
#include "gateway/gateway.h"

namespace wayleave::deploy {
namespace {

// Read once; the rest of the file is taken over while the process runs.
const std::vector<std::string> kFixed = {"gateway", "auth", "router.discovery_interval", "router.probe_interval"};

// Without a file, the environment is looked at each time anew.
Settings SettingsOf(config::Section& root, const app::Flags& flags) {
  return flags.config.empty() ? LoadSettings(flags) : ReadSettings(root, flags);
}

// An open door on a network needs a lock that nobody can guess.
Status CheckExposure(const std::string& listen, const auth::Core& core) {
  if (listen.empty() || IsLoopback(listen)) return {};
  if (!core.HasUsableKey()) {
    return Error{Code::kFailedPrecondition,
                 "refusing to listen on " + listen +
                     " without a key: make one with `wayleave key create`, or listen on 127.0.0.1",
                 {},
                 {}};
  }
  if (core.HasSampleKey()) {
    return Error{Code::kFailedPrecondition,
                 "refusing to listen on " + listen + " with a sample key: set PROXY_API_KEY to a secret of your own",
                 {},
                 {}};
  }
  return {};
}

// The services of one process, built in the order in which they need each other.
class OneProcess {
 public:
  OneProcess(app::Program& program, Settings settings)
      : program_(program), settings_(std::move(settings)), workers_(program.Workers(settings_.gateway.workers)) {
    settings_.gateway.http.reuse_port = program.common().reuse_port;
  }

  Status Run() {
    auto auth = auth::Core::Open(settings_.auth, program_.registry());
    if (!auth) return std::move(auth).error();
    auth_ = std::move(*auth);
    auto first_key = auth_->EnsureFirstKey();
    if (!first_key) return std::move(first_key).error();
    for (const std::string& listen : {settings_.gateway.http.address, settings_.gateway.grpc}) {
      if (Status safe = CheckExposure(listen, *auth_); !safe) return safe;
    }
    auto journal = OpenJournal();
    if (!journal) return std::move(journal).error();

    provider_ = std::make_unique<provider::Core>(settings_.provider, workers_.size(), program_.registry());
    router_ = std::make_unique<router::Core>(
        settings_.router.routing, [this] { return ReadAgain(); }, program_.registry());
    LocalModelSource source(*provider_);
    router::Discovery discovery(workers_[0], source, *router_, {settings_.router.service.discovery_interval});
    LocalProbeSource signs(*provider_);
    router::Probing probing(workers_[0], signs, *router_, program_.registry(),
                            {settings_.router.service.probe_interval});
    router_->OnReload([&discovery] { discovery.Poke(); });
    LocalAuth auth_port(*auth_);
    LocalRouter router_port(*router_);
    LocalProvider provider_port(*provider_);
    const gateway::Ports ports{auth_port, router_port, provider_port};
    gateway::Gateway gateway(settings_.gateway, workers_, ports, std::move(*journal), program_.registry(),
                             program_.tracer());
    gateway_ = &gateway;
    program_.OnReload(kFixed, [this] { router_->ReloadNow(); });

    LocalAdmin admin_port(*auth_);
    LocalTargets targets_port(*router_);
    gateway::LiveParts parts;
    parts.unsettled = [&gateway] { return gateway.unsettled(); };
    gateway::LiveDesk live(admin_port, targets_port, gateway.live(), std::move(parts));
    gateway::AdminApi administration(admin_port, live, {settings_.gateway.admin_hosts});
    program_.HandleAdmin(
        std::string(gateway::kAdminPrefix),
        [&administration](http::Request& request, http::Responder& responder) {
          return administration.Serve(request, responder);
        },
        gateway::AdminApi::ErrorPage);
    if (Status tokens = auth_->Start(workers_); !tokens) return tokens;
    auto admin = program_.ServeAdmin(settings_.gateway.admin);
    if (!admin) return std::move(admin).error();
    discovery.Start();
    probing.Start();
    auto port = gateway.Start();
    if (port) {
      if (Status grpc = ServeGrpc(gateway); !grpc) port = std::move(grpc).error();
    }
    if (port) {
      auth_->WhenSettled([&gateway] { return gateway.settled(); });
      Announce(*port, *first_key);
      program_.SetReady(true);
      program_.WaitForSignal([&gateway] { gateway.Leave(); });
    }
    auth_->WhenSettled({});
    gateway.Drain(program_.hurry());
    probing.Stop();
    discovery.Stop();
    program_.StopAdmin();
    auth_->Stop();
    workers_.StopAndJoin();
    if (!port) return std::move(port).error();
    return {};
  }

 private:
  Result<std::unique_ptr<gateway::Journal>> OpenJournal() {
    gateway::JournalConfig config;
    config.directory = settings_.gateway.journal_dir.empty() ? state::Directory(settings_.auth.state_dir) + "/journal"
                                                             : settings_.gateway.journal_dir;
    config.shared = settings_.gateway.http.reuse_port;
    config.sync_interval = settings_.gateway.journal_sync;
    return gateway::Journal::Recover(config, program_.registry());
  }

  // A second gateway on one machine, or another program on the usual port, should not need a configuration; but an
  // address that somebody chose must work.
  Status ServeGrpc(gateway::Gateway& gateway) {
    const std::string& address = settings_.gateway.grpc;
    if (address.empty()) return {};
    auto port = gateway.StartGrpc();
    if (port) {
      log::Info("serving_grpc", {{"address", address}, {"port", *port}});
      return {};
    }
    if (address != gateway::Config().grpc) return std::move(port).error();
    log::Warning("grpc_not_served",
                 {{"address", address},
                  {"reason", port.error().message},
                  {"advice",
                   "HTTP is served all the same; gateway.grpc in the configuration sets another address, and "
                   "an empty one asks for none"}});
    return {};
  }

  // The providers first, so that no route leads to one that is not there yet. All of the file is read before anything
  // changes.
  router::RoutingConfig ReadAgain() {
    router::RoutingConfig routing;
    program_.reloads().Again([&](config::Section& root) {
      Settings settings = SettingsOf(root, program_.flags());
      if (Status taken = provider_->Reload(settings.provider); !taken) {
        throw config::ConfigError(taken.error().message);
      }
      routing = std::move(settings.router.routing);
      auth_->Configure(std::move(settings.auth.tenants));
      gateway_->Protect(settings.gateway.redaction_by_tenant, settings.gateway.redaction);
    });
    return routing;
  }

  void Announce(int port, const std::optional<auth::v1::CreateKeyResponse>& first_key) {
    const std::string listen = settings_.gateway.http.address;
    Welcome welcome;
    welcome.address = ClientAddress(listen.substr(0, listen.rfind(':') + 1) + std::to_string(port));
    welcome.admin = settings_.gateway.admin;
    welcome.model = ModelToSuggest(settings_);
    for (const auto& provider : settings_.provider.providers) welcome.providers.push_back(provider.name);
    welcome.state_dir = state::Directory(settings_.auth.state_dir);
    if (first_key) TellFirstKey(first_key->secret(), welcome);
    welcome.environment_key = !settings_.auth.proxy_api_key.empty();
    log::Info("serving",
              {{"version", kVersion}, {"address", listen}, {"port", port}, {"admin", settings_.gateway.admin}});
    PrintWelcome(welcome);
  }

  // A log is no place for a secret. Where no file can be made it is shown nevertheless: it can't be had again.
  static void TellFirstKey(const std::string& key, Welcome& welcome) {
    if (WritesToJournal()) {
      if (const auto kept = KeepFirstKey(welcome.state_dir, key)) {
        welcome.first_key_file = *kept;
        return;
      }
    }
    welcome.first_key = key;
  }

  app::Program& program_;
  Settings settings_;
  WorkerPool& workers_;
  std::unique_ptr<auth::Core> auth_;
  std::unique_ptr<provider::Core> provider_;
  std::unique_ptr<router::Core> router_;
  gateway::Gateway* gateway_ = nullptr;  // while it serves
};

}  // namespace

Status Serve(app::Program& program) {
  OneProcess process(program, SettingsOf(program.config(), program.flags()));
  return process.Run();
}

}  // namespace wayleave::deploy
