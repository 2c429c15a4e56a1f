#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>

#include "auth-service/admin/local_desk.h"
#include "auth-service/time.h"
#include "base/app/program.h"
#include "base/result.h"
#include "base/time/zone.h"
#include "deploy/admin_desk.h"

namespace wayleave::deploy {

// What the verbs of administration share. They work on the store itself, beside a running server or without one; or, where
// --url is given, by a running gateway.

// --config and --state-dir, into flags that must live as long as `verb`.
void AddPlaceOptions(CLI::App& verb, app::Flags& flags);
void AddJsonOption(CLI::App& verb, bool& json);

// Throws config::ConfigError for a bad file.
Result<std::unique_ptr<auth::LocalDesk>> OpenDesk(const app::Flags& flags);

// A line on standard error and the code to exit with: 2 for what is wrong on the command line, else 1.
int Fail(const Error& error);

// Adds a verb of administration; `options` has the place and is shared by the verbs of one kind.
template <class Options>
CLI::App* AddDeskVerb(CLI::App& kind, const std::shared_ptr<Options>& options, int& exit_code, const char* name,
                      const char* text, int (*run)(AdminDesk&, const Options&)) {
  CLI::App* verb = kind.add_subcommand(name, text);
  AddDeskOptions(*verb, options->place);
  verb->callback([options, run, &exit_code] {
    const auto desk = OpenAdminDesk(options->place);
    exit_code = desk ? run(**desk, *options) : Fail(desk.error());
  });
  return verb;
}

// The same for a verb that needs the store itself; `options` has the flags.
template <class Options>
CLI::App* AddDeskVerb(CLI::App& kind, const std::shared_ptr<Options>& options, int& exit_code, const char* name,
                      const char* text, int (*run)(auth::LocalDesk&, const Options&)) {
  CLI::App* verb = kind.add_subcommand(name, text);
  AddPlaceOptions(*verb, options->flags);
  verb->callback([options, run, &exit_code] {
    const auto desk = OpenDesk(options->flags);
    exit_code = desk ? run(**desk, *options) : Fail(desk.error());
  });
  return verb;
}

// On standard output, in the form that the administration API has, with names as in the contract.
void PrintJson(const google::protobuf::Message& message);

// "2026-11-20 14:05", in UTC.
std::string MinuteText(const google::protobuf::Timestamp& time);
// RFC 3339 in UTC, to the second.
std::string SecondText(const google::protobuf::Timestamp& time);

// A length of time before `now` ("7d", "12h"), the beginning of a day there ("2026-11-01"), or a time with its offset
// ("2026-11-01T08:00+01:00"). kInvalidArgument names `argument`.
Result<auth::Time> ReadMoment(const std::string& text, const char* argument, const Zone& zone, auth::Time now);

// UTC for an empty name. kInvalidArgument names --timezone.
Result<std::shared_ptr<const Zone>> ReadZone(const std::string& name);

}  // namespace wayleave::deploy
