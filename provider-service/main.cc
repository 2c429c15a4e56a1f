#include <memory>

#include "base/app/program.h"
#include "base/log/log.h"
#include "base/rpc/server.h"
#include "proto/wayleave/sections.h"
#include "provider-service/config.h"
#include "provider-service/core.h"
#include "provider-service/service.h"

namespace {

using namespace wayleave;

// Read once; the providers are taken over while the service runs.
const std::vector<std::string> kFixed = {"provider"};

provider::Config Load(config::Section& root) {
  provider::Config config = provider::ReadConfig(root);
  CheckSections(root);
  return config;
}

// Throws config::ConfigError, with the providers as they were.
void TakeOver(config::Section& root, provider::Core& core) {
  if (Status taken = core.Reload(Load(root)); !taken) throw config::ConfigError(taken.error().message);
}

// Until a signal ends it. The gRPC server is gone when this returns.
Status Serve(app::Program& program, const provider::Config& config, provider::Core& core) {
  const app::Common& common = program.common();
  rpc::ServerConfig server_config =
      rpc::ServerConfigOf(common.grpc, config.listen, config.reflection, common.reuse_port);
  server_config.registry = &program.registry();
  rpc::Server server(program.Workers(config.workers), server_config);
  server.Trace(program.tracer());
  provider::Register(server, core);

  Result<int> admin = program.ServeAdmin(config.admin);
  if (!admin) return std::move(admin).error();
  Result<int> port = server.Start();
  if (!port) return std::move(port).error();
  program.SetReady(true);
  log::Info("listening", {{"grpc", config.listen}, {"port", *port}, {"admin_port", *admin}});

  program.WaitForSignal([&server] { server.Leave(); });
  server.Drain(common.grace, program.hurry());
  return {};
}

Status Run(app::Program& program) {
  provider::Config config = Load(program.config());
  if (!program.flags().listen.empty()) config.listen = program.flags().listen;
  if (!program.flags().admin.empty()) config.admin = program.flags().admin;

  WorkerPool& workers = program.Workers(config.workers);
  provider::Core core(config, workers.size(), program.registry());
  program.OnReload(kFixed, [&program, &core] {
    program.reloads().Again([&core](config::Section& root) { TakeOver(root, core); });
  });
  Status served = Serve(program, config, core);
  program.StopAdmin();
  workers.StopAndJoin();  // the core's connections belong to them
  return served;
}

}  // namespace

int main(int argc, char** argv) {
  return app::Main(argc, argv, "wayleave-provider", "Runs generations at model providers, served over gRPC.", Run);
}
