#include "base/app/program.h"
#include "base/log/log.h"
#include "base/state/state_dir.h"
#include "gateway/admin/admin_api.h"
#include "gateway/admin/live_desk.h"
#include "gateway/gateway.h"
#include "gateway/remote_ports.h"
#include "proto/wayleave/sections.h"

namespace wayleave::gateway {
namespace {

// A router decides in microseconds; one that does not answer for so long hangs.
constexpr std::chrono::milliseconds kDecisionAttempt{1000};

Config Load(app::Program& program) {
  config::Section& root = program.config();
  Config config = ReadConfig(root);
  CheckSections(root);
  if (const char* port = std::getenv("PORT"); port && *port) {
    config.http.address = config.http.address.substr(0, config.http.address.rfind(':') + 1) + port;
  }
  if (!program.flags().listen.empty()) config.http.address = program.flags().listen;
  if (!program.flags().admin.empty()) config.admin = program.flags().admin;
  config.http.reuse_port = program.common().reuse_port;
  if (config.journal_dir.empty()) config.journal_dir = state::Directory(program.flags().state_dir) + "/journal";
  return config;
}

// What is kept from providers is taken over; of what else was changed is told that it is not.
void TakeOver(config::Section& root, Gateway& gateway) {
  const Config config = ReadConfig(root);
  CheckSections(root);
  gateway.Protect(config.redaction_by_tenant, config.redaction);
}

std::string Missing(rpc::Channel& auth, rpc::Channel& router, rpc::Channel& provider) {
  std::string missing;
  if (!auth.Ready()) missing += "auth-service can't be reached; ";
  if (!router.Ready()) missing += "router-service can't be reached; ";
  if (!provider.Ready()) missing += "provider-service can't be reached; ";
  return missing;
}

Status Run(app::Program& program) {
  const Config config = Load(program);
  JournalConfig journaling{config.journal_dir, config.journal_sync};
  journaling.shared = config.http.reuse_port;
  auto journal = Journal::Recover(journaling, program.registry());
  if (!journal) return std::move(journal).error();

  WorkerPool& workers = program.Workers(config.workers);
  rpc::ClientRuntime runtime(workers, program.common().grpc.tls, &program.registry());
  rpc::Channel auth(runtime, {config.auth});
  rpc::ChannelConfig to_router{config.router};
  to_router.attempt = kDecisionAttempt;
  rpc::Channel router(runtime, to_router);
  rpc::Channel provider(runtime, {config.provider});
  rpc::Fanout every_auth(runtime, {config.auth});
  RemoteAuth auth_port(auth, every_auth, workers, program.registry());
  rpc::Fanout every_router(runtime, {config.router});
  RemoteRouter router_port(router, every_router, program.registry());
  RemoteProvider provider_port(provider);
  Gateway gateway(config, workers, {auth_port, router_port, provider_port}, std::move(*journal), program.registry(),
                  program.tracer());

  RemoteAdmin admin_port(auth);
  RemoteTargets targets_port(router);
  LiveParts parts{config.auth, config.router, config.provider};
  parts.provider_ready = [&provider] { return provider.Ready(); };
  parts.unsettled = [&gateway] { return gateway.unsettled(); };
  LiveDesk live(admin_port, targets_port, gateway.live(), std::move(parts));
  AdminApi administration(admin_port, live, {config.admin_hosts});
  program.HandleAdmin(
      std::string(kAdminPrefix),
      [&administration](http::Request& request, http::Responder& responder) {
        return administration.Serve(request, responder);
      },
      AdminApi::ErrorPage);
  if (auto admin = program.ServeAdmin(config.admin, [&] { return Missing(auth, router, provider); }); !admin) {
    return std::move(admin).error();
  }
  auth_port.Start();
  auto port = gateway.Start();
  if (port && !config.grpc.empty()) {
    auto grpc = gateway.StartGrpc();
    if (grpc) log::Info("serving_grpc", {{"address", config.grpc}, {"port", *grpc}});
    if (!grpc) port = std::move(grpc);
  }
  if (port) {
    log::Info("serving", {{"address", config.http.address}, {"port", *port}});
    program.OnReload({"gateway"}, [&program, &gateway] {
      program.reloads().Again([&gateway](config::Section& root) { TakeOver(root, gateway); });
    });
    program.SetReady(true);
    program.WaitForSignal([&gateway] { gateway.Leave(); });
  }
  gateway.Drain(program.hurry());
  auth_port.Stop();
  program.StopAdmin();
  if (!port) return std::move(port).error();
  return {};
}

}  // namespace
}  // namespace wayleave::gateway

int main(int argc, char** argv) {
  return wayleave::app::Main(argc, argv, "wayleave-gateway",
                             "Wayleave's HTTP gateway: translates OpenAI-style requests into calls to the services",
                             wayleave::gateway::Run);
}
