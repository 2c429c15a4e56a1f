#include "base/app/program.h"
#include "base/log/log.h"
#include "base/rpc/client.h"
#include "base/rpc/server.h"
#include "proto/wayleave/sections.h"
#include "router-service/config.h"
#include "router-service/core.h"
#include "router-service/discovery.h"
#include "router-service/probing.h"
#include "router-service/provider_client.h"
#include "router-service/service.h"

namespace {

using namespace wayleave;

// Read once; the rest of the file is taken over while the service runs.
const std::vector<std::string> kFixed = {"router.listen",
                                         "router.admin",
                                         "router.reflection",
                                         "router.provider",
                                         "router.discovery_interval",
                                         "router.probe_interval",
                                         "router.workers"};

router::Config Load(config::Section& root) {
  router::Config config = router::ReadConfig(root, {"demo"});
  root.Allow({"log"});
  CheckSections(root);
  return config;
}

Status Run(app::Program& program) {
  router::Config config = Load(program.config());
  router::ServiceConfig& own = config.service;
  if (!program.flags().listen.empty()) own.listen = program.flags().listen;
  if (!program.flags().admin.empty()) own.admin = program.flags().admin;
  const auto read_again = [&program] {
    router::RoutingConfig routing;
    program.reloads().Again([&routing](config::Section& root) { routing = Load(root).routing; });
    return routing;
  };

  WorkerPool& workers = program.Workers(own.workers);
  const app::Common& common = program.common();
  rpc::ClientRuntime runtime(workers, common.grpc.tls, &program.registry());
  rpc::ChannelConfig to_provider{own.provider};
  to_provider.wait_for_ready = std::chrono::milliseconds(250);  // discovery asks again, and must stop soon
  rpc::Channel provider(runtime, to_provider);
  router::Core core(config.routing, read_again, program.registry());
  router::ProviderClient source(provider);
  router::Discovery discovery(workers[0], source, core, {own.discovery_interval});
  router::Probing probing(workers[0], source, core, program.registry(), {own.probe_interval});
  core.OnReload([&discovery] { discovery.Poke(); });
  program.OnReload(kFixed, [&core] { core.ReloadNow(); });
  rpc::ServerConfig server_config = rpc::ServerConfigOf(common.grpc, own.listen, own.reflection, common.reuse_port);
  server_config.registry = &program.registry();
  rpc::Server server(workers, server_config);
  server.Trace(program.tracer());
  router::Register(server, core);

  if (auto admin = program.ServeAdmin(own.admin); !admin) return std::move(admin).error();
  auto port = server.Start();
  if (!port) return std::move(port).error();
  discovery.Start();
  probing.Start();
  log::Info("serving", {{"address", own.listen}, {"port", *port}});
  program.SetReady(true);

  program.WaitForSignal([&server] { server.Leave(); });
  server.Drain(common.grace, program.hurry());
  probing.Stop();
  discovery.Stop();
  program.StopAdmin();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  return app::Main(argc, argv, "wayleave-router",
                   "Wayleave's router-service: where requests go and why, served over gRPC", Run);
}
