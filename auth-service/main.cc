#include "auth-service/config.h"
#include "auth-service/core.h"
#include "auth-service/service.h"
#include "base/app/program.h"
#include "base/log/log.h"
#include "base/rpc/server.h"
#include "proto/wayleave/sections.h"

namespace {

using namespace wayleave;

auth::Config Load(app::Program& program) {
  config::Section& root = program.config();
  auth::Config config = auth::ReadConfig(root);
  CheckSections(root);
  auth::ApplyEnvironment(config);
  if (!program.flags().listen.empty()) config.listen = program.flags().listen;
  if (!program.flags().admin.empty()) config.admin = program.flags().admin;
  if (!program.flags().state_dir.empty()) config.state_dir = program.flags().state_dir;
  return config;
}

// Tenants are taken over; of what else was changed is told that it is not.
void TakeOver(config::Section& root, auth::Core& core) {
  auth::Config config = auth::ReadConfig(root);
  CheckSections(root);
  core.Configure(std::move(config.tenants));
}

Status Run(app::Program& program) {
  const auth::Config config = Load(program);
  auto core = auth::Core::Open(config, program.registry());
  if (!core) return std::move(core).error();
  if ((*core)->HasSampleKey()) {
    log::Warning("sample_key",
                 {{"advice", "PROXY_API_KEY is a sample that everybody knows: set a secret of your own"}});
  }

  WorkerPool& workers = program.Workers(config.workers);
  if (Status tokens = (*core)->Start(workers); !tokens) return tokens;
  const app::Common& common = program.common();
  rpc::ServerConfig server_config =
      rpc::ServerConfigOf(common.grpc, config.listen, config.reflection, common.reuse_port);
  server_config.registry = &program.registry();
  rpc::Server server(workers, server_config);
  server.Trace(program.tracer());
  auth::Service service(**core, server);
  if (auto admin = program.ServeAdmin(config.admin); !admin) return std::move(admin).error();
  auto port = server.Start();
  if (!port) return std::move(port).error();
  log::Info("serving", {{"address", config.listen}, {"port", *port}});
  program.OnReload({"auth"}, [&program, &core] {
    program.reloads().Again([&core](config::Section& root) { TakeOver(root, **core); });
  });
  program.SetReady(true);

  program.WaitForSignal([&server] { server.Leave(); });
  service.EndStreams();
  server.Drain(common.grace, program.hurry());
  (*core)->Stop();
  program.StopAdmin();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  return app::Main(argc, argv, "wayleave-auth",
                   "Wayleave's auth-service: keys, reservations and usage, served over gRPC", Run);
}
