#include "deploy/audit_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "auth-service/audit/export.h"
#include "auth-service/store/open.h"
#include "base/crypto/ed25519.h"
#include "base/crypto/encoding.h"
#include "base/state/state_dir.h"
#include "deploy/admin_options.h"
#include "deploy/audit_check.h"
#include "deploy/content_commands.h"
#include "deploy/settings.h"

namespace wayleave::deploy {
namespace {

namespace v1 = auth::v1;

struct Options {
  app::Flags flags;
  std::vector<std::string> files;
  std::vector<std::string> keys;
  std::string since;
  std::string tenant;
  std::string kind;
  std::string format = "jsonl";
};

// Never makes a key: one that is missing can't be trusted.
Result<std::string> OwnKey(const std::string& directory) {
  const std::string path = directory + "/audit.key";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return Error{Code::kNotFound, "there is no " + path +
                                      ", which a server makes at its first start; `wayleave audit key` "
                                      "there tells the public key, and --key names it here"};
  }
  const auto key = crypto::SigningKey::ReadOrMake(path);
  if (!key) return key.error();
  return key->PublicKey();
}

Result<std::vector<std::string>> TrustedKeys(const Options& options, const std::string& directory) {
  std::vector<std::string> keys;
  for (const std::string& text : options.keys) {
    const auto key = crypto::FromBase64(text);
    if (!key || key->size() != crypto::kPublicKeyBytes) {
      return Error{Code::kInvalidArgument, "--key: must be a public key in Base64, as `wayleave audit key` prints it"};
    }
    keys.push_back(*key);
  }
  if (!keys.empty()) return keys;
  Result<std::string> own = OwnKey(directory);
  if (!own) return std::move(own).error();
  return std::vector<std::string>{std::move(*own)};
}

// A server goes on taking rows out while this reads.
auth::Time KeptSince(std::chrono::milliseconds retention) {
  if (retention.count() == 0) return auth::Time::min();
  return std::chrono::system_clock::now() - retention + std::chrono::hours(1);
}

Result<AuditSources> SourcesOf(const Options& options, const auth::Config& config) {
  const std::string directory = state::Directory(config.state_dir);
  AuditSources sources;
  sources.files = {directory + "/audit-checkpoints.jsonl"};
  sources.files.insert(sources.files.end(), options.files.begin(), options.files.end());
  auto keys = TrustedKeys(options, directory);
  if (!keys) return std::move(keys).error();
  sources.keys = std::move(*keys);
  sources.compares_usage = config.audit_requests;
  sources.keeps_usage_since = KeptSince(config.usage_retention);
  sources.keeps_contents_since = KeptSince(config.content_retention);
  return sources;
}

int Verify(const Options& options) {
  const auth::Config config = AuthConfigOf(options.flags);
  const auto sources = SourcesOf(options, config);
  if (!sources) return Fail(sources.error());
  metrics::Registry registry("audit");
  const auto store = auth::OpenStore(config, registry);
  if (!store) return Fail(store.error());
  const bool watched = isatty(STDERR_FILENO) == 1;
  const auto findings = CheckAudit(**store, *sources, [watched](std::int64_t records) {
    if (watched) fmt::print(stderr, "\r{} records …", records);
  });
  if (watched) fmt::print(stderr, "\r\033[K");
  if (!findings) return Fail(findings.error());
  fmt::print("{}", InWords(*findings));
  return findings->problems() == 0 ? 0 : 1;
}

int Export(const Options& options) {
  v1::ListAuditRequest request;
  request.set_after(INT64_MIN);
  request.set_tenant(options.tenant);
  request.set_kind(options.kind);
  if (!options.since.empty()) {
    const auto zone = ReadZone("");
    const auto since = ReadMoment(options.since, "--since", **zone, std::chrono::system_clock::now());
    if (!since) return Fail(since.error());
    *request.mutable_since() = auth::TimestampOf(auth::ToNanos(*since));
  }
  metrics::Registry registry("audit");
  const auto store = auth::OpenStore(AuthConfigOf(options.flags), registry);
  if (!store) return Fail(store.error());
  bool written = true;
  const auto last = ForEachRecord(**store, request, [&written](const v1::AuditRecord& record) {
    const std::string line = auth::audit::ToExportLine(record) + "\n";
    written = written && std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
  });
  if (!last) return Fail(last.error());
  if (!written || std::fflush(stdout) != 0)
    return Fail({Code::kUnavailable, "standard output can't be written", {}, {}});
  return 0;
}

int PrintKey(const Options& options) {
  const auto key = OwnKey(state::Directory(StateDirOf(options.flags)));
  if (!key) return Fail(key.error());
  fmt::print("{}\n", crypto::Base64(*key));
  return 0;
}

void AddVerifyOptions(CLI::App& verb, Options& options) {
  verb.add_option("--checkpoints", options.files, "A file of checkpoints that was kept elsewhere; repeat for more")
      ->allow_extra_args(false);
  verb.add_option(
          "--key", options.keys,
          "A public key whose checkpoints count, in Base64; repeat for more. Without it: the state directory's own")
      ->allow_extra_args(false);
}

void AddExportOptions(CLI::App& verb, Options& options) {
  verb.add_option("--since", options.since, "From when on: 7d, 2026-11-01, 2026-11-01T08:00Z; without it: all");
  verb.add_option("--tenant", options.tenant, "Of this tenant only");
  verb.add_option("--kind", options.kind, "Of this kind only")->check(CLI::IsMember({"admin", "request", "system"}));
  verb.add_option("--format", options.format, "jsonl: a JSON object a line")
      ->capture_default_str()
      ->check(CLI::IsMember({"jsonl"}));
}

}  // namespace

void AddAuditCommands(CLI::App& command, int& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* audit = command.add_subcommand("audit", "Verify or export the audit chain, open sealed content");
  audit->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, int (*run)(const Options&)) {
    CLI::App* verb = audit->add_subcommand(name, text);
    AddPlaceOptions(*verb, options->flags);
    verb->callback([options, run, &exit_code] { exit_code = run(*options); });
    return verb;
  };
  AddVerifyOptions(*add("verify", "Look for traces of tampering; exit code 1 if there are any", Verify), *options);
  AddExportOptions(*add("export", "Write the records to standard output, in their order", Export), *options);
  AddContentCommands(*audit, exit_code);
  add("key", "Print the public key that checkpoints are signed with, in Base64", PrintKey);
}

}  // namespace wayleave::deploy
