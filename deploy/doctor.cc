#include "deploy/doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "auth-service/admin/local_desk.h"
#include "base/async/worker.h"
#include "base/state/state_dir.h"
#include "deploy/settings.h"
#include "provider-service/core.h"

namespace wayleave::deploy {
namespace {

class Report {
 public:
  void Good(const std::string& what, const std::string& detail) { fmt::print("ok    {:<14} {}\n", what, detail); }
  void Note(const std::string& what, const std::string& detail) { fmt::print("note  {:<14} {}\n", what, detail); }
  void Bad(const std::string& what, const std::string& detail) {
    fmt::print("BAD   {:<14} {}\n", what, detail);
    ++bad_;
  }
  int bad() const { return bad_; }

 private:
  int bad_ = 0;
};

void CheckState(const Settings& settings, Report& report) {
  const std::string directory = state::Directory(settings.auth.state_dir);
  if (!std::filesystem::exists(directory)) return report.Note("state", directory + " will be made at the first start");
  if (access(directory.c_str(), W_OK) != 0)
    return report.Bad("state", directory + " can't be written: mend its owner or choose --state-dir");
  auto desk = auth::LocalDesk::Open(settings.auth);
  if (!desk) return report.Bad("state", desk.error().message);
  const auto keys = (*desk)->desk().ListKeys({}, (*desk)->caller());
  if (!keys) return report.Bad("state", keys.error().message);
  report.Good("state", fmt::format("{} ({} keys)", directory, keys->keys_size()));
}

Task<void> Probe(provider::Core& core, std::string name, provider::v1::ProbeResponse& out) {
  provider::v1::ProbeRequest request;
  request.set_provider(name);
  auto answer = co_await core.Probe(request);
  if (answer) {
    out = *answer;
  } else {
    out.set_detail(answer.error().message);
  }
}

void CheckProviders(const Settings& settings, Report& report) {
  metrics::Registry registry("doctor");
  WorkerPool workers(1);
  provider::Core core(settings.provider, workers.size(), registry);
  for (const auto& provider : settings.provider.providers) {
    provider::v1::ProbeResponse answer;
    RunOn(workers[0], [&] { return Probe(core, provider.name, answer); });
    if (answer.reachable()) {
      report.Good(provider.name, answer.detail());
    } else {
      report.Bad(provider.name, answer.detail());
    }
  }
  workers.StopAndJoin();  // before the core goes
}

}  // namespace

int Doctor(const app::Flags& flags) {
  Report report;
  const Settings settings = LoadSettings(flags);
  report.Good("configuration", flags.config.empty() ? "none: defaults from the environment" : flags.config);
  report.Good("clients use", "http://" + ClientAddress(settings.gateway.http.address) + "/v1");
  CheckState(settings, report);
  CheckProviders(settings, report);
  if (report.bad() != 0) fmt::print("\n{} thing(s) to mend.\n", report.bad());
  return report.bad() == 0 ? 0 : 1;
}

}  // namespace wayleave::deploy
