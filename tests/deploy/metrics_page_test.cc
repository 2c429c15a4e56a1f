#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "auth-service/core.h"
#include "base/app/program.h"
#include "base/rpc/call_metrics.h"
#include "base/trace/tracer.h"
#include "deploy/local_probe.h"
#include "gateway/gateway.h"
#include "gateway/remote_ports.h"
#include "provider-service/core.h"
#include "router-service/core.h"
#include "router-service/probing.h"
#include "tests/gateway/fakes.h"

namespace wayleave::deploy {
namespace {

using Families = std::map<std::string, metrics::Description>;

constexpr std::string_view kMark = "<!-- What follows is written by metrics_page_test: WAYLEAVE_WRITE_GOLDEN=1 -->\n";

// What every program of ours has, by the program itself and by what all of them are made of.
Families OfPrograms() {
  app::Program program("wayleave", {});
  EXPECT_TRUE(program.ServeAdmin("127.0.0.1:0").ok());
  const rpc::CallMetrics served(program.registry(), rpc::CallMetrics::Side::kServer);
  const rpc::CallMetrics made(program.registry(), rpc::CallMetrics::Side::kClient);
  trace::Config tracing;
  tracing.exporter.url = {false, "127.0.0.1", 9, "/v1/traces"};
  trace::Tracer tracer(tracing, "wayleave", program.registry());
  tracer.Stop(std::chrono::milliseconds(0));
  return program.registry().Families();
}

class Services {
 public:
  Services() {
    std::string pattern = ::testing::TempDir() + "metrics_pageXXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~Services() { std::filesystem::remove_all(directory_); }

  Families Auth() const {
    metrics::Registry registry("auth");
    auth::Config config;
    config.state_dir = directory_;
    const auto core = auth::Core::Open(config, registry);
    EXPECT_TRUE(core.ok());
    return registry.Families();
  }

  Families Router() {
    metrics::Registry registry("router");
    router::Core core(
        {}, [] { return router::RoutingConfig(); }, registry);
    metrics::Registry of_provider("provider");
    provider::Core providers({}, workers_.size(), of_provider);
    LocalProbeSource signs(providers);
    const router::Probing probing(workers_[0], signs, core, registry, {});
    return registry.Families();
  }

  Families Provider() {
    metrics::Registry registry("provider");
    provider::Config config;
    config.providers.emplace_back();
    config.providers.back().name = "demo";
    config.providers.back().type = "demo";
    const provider::Core core(config, workers_.size(), registry);
    return registry.Families();
  }

  Families Gateway() {
    metrics::Registry registry("gateway");
    gateway::Config config;
    config.http.address = "127.0.0.1:0";
    gateway::JournalConfig journal;
    journal.directory = directory_ + "/journal";
    gateway::FakeAuth auth;
    gateway::FakeRouter router;
    gateway::FakeProvider provider;
    gateway::Gateway gateway(config, workers_, {auth, router, provider},
                             std::move(gateway::Journal::Recover(journal, registry).value()), registry);
    EXPECT_TRUE(gateway.Start().ok());
    rpc::ClientRuntime runtime(workers_);
    rpc::Channel channel(runtime, {"127.0.0.1:9"});
    rpc::Fanout every(runtime, {"127.0.0.1:9"});
    const gateway::RemoteAuth remote_auth(channel, every, workers_, registry);
    const gateway::RemoteRouter remote_router(channel, every, registry);
    gateway.Drain();
    return registry.Families();
  }

 private:
  std::string directory_;
  WorkerPool workers_{1};
};

Families Without(Families all, const Families& known) {
  for (const auto& [name, family] : known) all.erase(name);
  return all;
}

void AppendTable(const std::string& title, const Families& families, std::string& page) {
  page += "\n## " + title + "\n\n| metric | type | labels | |\n|---|---|---|---|\n";
  for (const auto& [name, family] : families) {
    page += "| `" + name + "` | " + family.type + " |";
    for (const std::string& label : family.labels) page += (&label == &family.labels.front() ? " " : ", ") + label;
    page += " | " + family.help + " |\n";
  }
}

std::string Tables() {
  Services services;
  const Families common = OfPrograms();
  std::string page;
  AppendTable("Every program", common, page);
  AppendTable("Gateway", Without(services.Gateway(), common), page);
  AppendTable("Auth", Without(services.Auth(), common), page);
  AppendTable("Router", Without(services.Router(), common), page);
  AppendTable("Provider", Without(services.Provider(), common), page);
  return page;
}

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Written anew with WAYLEAVE_WRITE_GOLDEN=1 in the environment.
TEST(MetricsPage, IsTheFileInTheDocumentation) {
  const std::string path = std::string(WAYLEAVE_SOURCE_DIR) + "/docs/metrics.md";
  const std::string page = ReadFile(path);
  const auto mark = page.find(kMark);
  ASSERT_NE(mark, std::string::npos);
  const std::string written_by_hand = page.substr(0, mark + kMark.size());
  const std::string tables = Tables();
  if (std::getenv("WAYLEAVE_WRITE_GOLDEN")) std::ofstream(path, std::ios::binary) << written_by_hand << tables;

  EXPECT_EQ(ReadFile(path), written_by_hand + tables);
}

}  // namespace
}  // namespace wayleave::deploy
