#include "deploy/store_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "auth-service/store/move.h"
#include "auth-service/store/open.h"
#include "auth-service/store/postgres.h"
#include "auth-service/store/postgres_url.h"
#include "auth-service/store/schema.h"
#include "auth-service/store/sqlite.h"
#include "base/crypto/encoding.h"
#include "base/state/state_dir.h"
#include "deploy/admin_options.h"
#include "deploy/backup.h"
#include "deploy/money.h"
#include "deploy/settings.h"
#include "deploy/text_table.h"

namespace wayleave::deploy {
namespace {

constexpr std::chrono::seconds kServing{15};

struct Options {
  app::Flags flags;
  std::string file;
  bool no_keys = false;
  std::string to;
  bool yes = false;
};

int BackUpStore(const Options& options) {
  const auth::Config config = AuthConfigOf(options.flags);
  if (!config.database.empty()) {
    return Fail(
        {Code::kFailedPrecondition,
         "the state is in PostgreSQL, which copies it itself: `pg_dump --format=custom --file=FILE "
         "\"$WAYLEAVE_DATABASE\"`, with the URL of auth.database in that variable. Keep auth.key_secret and each "
         "auth-service's audit.key with it",
         {},
         {}});
  }
  const auto written = BackUp(state::Directory(config.state_dir), options.file, !options.no_keys);
  if (!written) return Fail(written.error());
  for (const std::string& path : *written) fmt::print("{}\n", path);
  if (options.no_keys) {
    fmt::print(stderr,
               "Without `secret` and `audit.key` of the state directory no key works and no checkpoint can be signed "
               "after a return to this copy: keep them, too.\n");
  }
  return 0;
}

// A program that serves holds its journal's lock; an auth-service by itself only says in the database that it is there.
Status NobodyServes(const std::string& directory, auth::Database& database, bool yes) {
  std::error_code ignored;
  const std::string lock = directory + "/journal/lock";
  const bool journal = std::filesystem::exists(lock, ignored);
  if (journal && !state::FileLock::Try(lock)) {
    return Error{Code::kFailedPrecondition, "a server runs on " + directory +
                                                ": stop it first. What it records after the "
                                                "copy would be lost"};
  }
  if (yes) return {};
  const auto seen = auth::LastServed(database);
  if (!seen) return seen.error();
  if (*seen && std::chrono::system_clock::now() - **seen < kServing) {
    return Error{Code::kFailedPrecondition,
                 "a server on " + directory +
                     " gave a sign of life within 15 seconds: stop it and wait so long. What it "
                     "records after the copy would be lost; --yes goes on nevertheless"};
  }
  return {};
}

Result<auth::Database> OpenSource(const std::string& directory) {
  const std::string path = directory + "/auth.db";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return Error{Code::kNotFound,
                 "there is no database in " + directory + "; --state-dir or --config names another place"};
  }
  Result<auth::Database> database = auth::OpenSqlite(path, auth::SqliteMode::kReadWrite);
  if (!database) return database;
  if (Status ready = auth::Migrate(*database); !ready) return std::move(ready).error();
  return database;
}

Result<auth::Database> OpenTarget(const std::string& url) {
  if (Status clear = auth::CheckPostgresUrl(url); !clear) return std::move(clear).error();
  const auto tell = [&url](const Error& error) {
    return Error{error.code, auth::WithoutPassword(error.message, url), {}, {}};
  };
  Result<auth::Database> database = auth::OpenPostgres(url);
  if (!database) return tell(database.error());
  if (Status ready = auth::Migrate(*database); !ready) return tell(ready.error());
  return database;
}

bool Holds(const std::string& path, const std::string& contents) {
  std::ifstream file(path, std::ios::binary);
  return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()} == contents;
}

// Keys work in the new place only with the secret of the old one. Where the configuration has it that is all; else a
// file for the configuration to name. What to write there.
Result<std::string> CarrySecret(const auth::Config& config, const std::string& directory) {
  if (!config.key_secret.empty()) return std::string("the same as now");
  const Result<std::string> secret = auth::KeySecret(config);
  if (!secret) return secret.error();
  const std::string path = directory + "/key-secret.txt";
  const std::string contents = "base64:" + crypto::Base64(*secret) + "\n";
  Status written = WriteNewFile(path, contents);
  // An earlier try may have left it.
  const bool there = !written && written.error().code == Code::kAlreadyExists && Holds(path, contents);
  if (!written && !there) return std::move(written).error();
  return "{file: \"" + path + "\"}";
}

void Tell(const auth::Moved& moved, const std::string& secret) {
  TextTable tables({{"TABLE"}, {"ROWS", true}});
  for (const auto& [name, rows] : moved.tables) tables.Add({name, std::to_string(rows)});
  TextTable tenants(
      {{"TENANT", false, 12}, {"REQUESTS", true}, {"TOKENS IN", true}, {"TOKENS OUT", true}, {"COST USD", true}});
  for (const auto& [name, total] : moved.tenants) {
    tenants.Add({name, std::to_string(total.requests), std::to_string(total.input_tokens),
                 std::to_string(total.output_tokens), UsdText(total.cost_nano_usd)});
  }
  fmt::print(
      "{}\n{}\nThe same on both sides. Now put into the configuration of every auth-service, and start it:\n\n"
      "auth:\n  database: ${{WAYLEAVE_DATABASE}}   # the URL that --to named, from the environment\n"
      "  key_secret: {}\n\n"
      "The state directory keeps audit.key and the checkpoints, which go on being used. Its auth.db is not looked at "
      "any more.\n",
      tables.Text(), tenants.Text(), secret);
}

int MigrateStore(const Options& options) {
  const auth::Config config = AuthConfigOf(options.flags);
  const std::string directory = state::Directory(config.state_dir);
  if (!config.database.empty()) {
    return Fail({Code::kFailedPrecondition,
                 "the configuration names a database already: name the old one, or --state-dir "
                 "without --config",
                 {},
                 {}});
  }
  Result<auth::Database> from = OpenSource(directory);
  if (!from) return Fail(from.error());
  const Status nobody = NobodyServes(directory, *from, options.yes);
  if (!nobody) return Fail(nobody.error());
  Result<auth::Database> to = OpenTarget(options.to);
  if (!to) return Fail(to.error());
  const Result<std::string> secret = CarrySecret(config, directory);
  if (!secret) return Fail(secret.error());
  const auto moved = auth::MoveStore(*from, *to, [](const std::string& table, std::int64_t rows, std::int64_t of) {
    if (of > 0) fmt::print(stderr, "{}: {} of {} rows\n", table, rows, of);
  });
  if (!moved) return Fail({moved.error().code, auth::WithoutPassword(moved.error().message, options.to), {}, {}});
  Tell(*moved, *secret);
  return 0;
}

}  // namespace

void AddStoreCommands(CLI::App& command, int& exit_code) {
  const auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* text, int (*run)(const Options&)) {
    CLI::App* verb = command.add_subcommand(name, text);
    AddPlaceOptions(*verb, options->flags);
    verb->callback([options, run, &exit_code] { exit_code = run(*options); });
    return verb;
  };
  CLI::App* backup = add("backup", "Copy the database to a new file, while a server runs or not", BackUpStore);
  backup->add_option("file", options->file, "The new file; what it is of no use without goes into FILE.keys")
      ->required();
  backup->add_flag("--no-keys", options->no_keys, "The database alone");
  CLI::App* migrate =
      add("migrate", "Copy everything from the state directory into an empty PostgreSQL database", MigrateStore);
  migrate
      ->add_option("--to", options->to,
                   "The database, postgres://user@host/name; better in the environment if it has a password")
      ->envname("WAYLEAVE_DATABASE")
      ->required();
  migrate->add_flag("--yes", options->yes, "Also if an auth-service gave a sign of life just now");
}

}  // namespace wayleave::deploy
