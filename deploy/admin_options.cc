#include "deploy/admin_options.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdio>
#include <regex>

#include "base/config/scalar.h"
#include "deploy/settings.h"
#include "deploy/text_table.h"
#include "gateway/admin/json_writer.h"

namespace wayleave::deploy {
namespace {

// Where a day there begins; the noon of UTC and its midnight are, together, in every place on the day of that name.
std::optional<auth::Time> DayBegin(const std::string& text, const Zone& zone) {
  const auto midnight = ParseTime(text + "T00:00Z");
  if (!midnight) return std::nullopt;
  const int wanted =
      std::stoi(text.substr(0, 4)) * 10000 + std::stoi(text.substr(5, 2)) * 100 + std::stoi(text.substr(8));
  for (const auto within : {*midnight, *midnight + std::chrono::hours(12)}) {
    const Period day = zone.DayOf(within);
    if (day.first_day == wanted) return day.begin;
  }
  return std::nullopt;  // a day that was skipped there
}

std::optional<auth::Time> Moment(const std::string& text, const Zone& zone, auth::Time now) {
  static const std::regex kDay("[0-9]{4}-[0-9]{2}-[0-9]{2}");
  if (std::regex_match(text, kDay)) return DayBegin(text, zone);
  if (const auto time = ParseTime(text)) return time;
  const auto length = config::ParseDuration(text);
  return length && *length <= now.time_since_epoch() ? std::optional(now - *length) : std::nullopt;
}

}  // namespace

void AddPlaceOptions(CLI::App& verb, app::Flags& flags) {
  verb.add_option("-c,--config", flags.config, "The configuration file, which says where things are kept")
      ->envname("WAYLEAVE_CONFIG");
  verb.add_option("--state-dir", flags.state_dir, "The state directory; without it: as the file says")
      ->envname("WAYLEAVE_STATE_DIR");
}

void AddJsonOption(CLI::App& verb, bool& json) { verb.add_flag("--json", json, "As JSON"); }

Result<std::unique_ptr<auth::LocalDesk>> OpenDesk(const app::Flags& flags) {
  return auth::LocalDesk::Open(AuthConfigOf(flags));
}

int Fail(const Error& error) {
  fmt::print(stderr, "wayleave: {}\n", Shown(error.message));
  return error.code == Code::kInvalidArgument ? 2 : 1;
}

void PrintJson(const google::protobuf::Message& message) {
  fmt::print("{}\n", gateway::WriteAdminJson(message).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string MinuteText(const google::protobuf::Timestamp& time) {
  return fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(static_cast<std::time_t>(time.seconds())));
}

std::string SecondText(const google::protobuf::Timestamp& time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(time.seconds())));
}

Result<auth::Time> ReadMoment(const std::string& text, const char* argument, const Zone& zone, auth::Time now) {
  if (const auto moment = Moment(text, zone, now)) return *moment;
  return Error{Code::kInvalidArgument,
               std::string(argument) + ": must be like 7d, 12h, 2026-11-01 or 2026-11-01T08:00Z"};
}

Result<std::shared_ptr<const Zone>> ReadZone(const std::string& name) {
  auto zone = Zone::Load(name.empty() ? "UTC" : name);
  if (zone) return zone;
  return Error{Code::kInvalidArgument, "--timezone: must be one that this machine knows, like Europe/Berlin"};
}

}  // namespace wayleave::deploy
