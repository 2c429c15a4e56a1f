#include "base/time/zone.h"

#include <absl/time/time.h>

#include <algorithm>
#include <cctype>

namespace wayleave {
namespace {

// The name becomes a file's name: nothing may lead out of the database, and "localtime" would differ from host to host.
bool IsZoneName(const std::string& name) {
  const auto fit = [](unsigned char c) { return std::isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+'; };
  return !name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(), fit) && name != "localtime";
}

}  // namespace

struct Zone::Rules {
  absl::TimeZone zone;

  // From one midnight to another. Where daylight saving skips midnight the day begins with its first second.
  Period Between(absl::CivilDay first, absl::CivilDay last) const {
    Period period;
    period.first_day = static_cast<int>(first.year()) * 10000 + first.month() * 100 + first.day();
    period.begin = absl::ToChronoTime(absl::FromCivil(first, zone));
    period.end = absl::ToChronoTime(absl::FromCivil(last, zone));
    return period;
  }
};

Zone::Zone(std::string name, std::unique_ptr<Rules> rules) : name_(std::move(name)), rules_(std::move(rules)) {}
Zone::~Zone() = default;

std::shared_ptr<const Zone> Zone::Load(const std::string& name) {
  auto rules = std::make_unique<Rules>();
  if (!IsZoneName(name) || !absl::LoadTimeZone(name, &rules->zone)) return nullptr;
  return std::shared_ptr<const Zone>(new Zone(name, std::move(rules)));
}

LocalTime Zone::At(std::chrono::system_clock::time_point time) const {
  const absl::CivilSecond shown = rules_->zone.At(absl::FromChrono(time)).cs;
  const absl::Weekday day = absl::GetWeekday(shown);
  return {static_cast<int>(day), shown.hour() * 60 + shown.minute()};
}

Period Zone::DayOf(std::chrono::system_clock::time_point time) const {
  const absl::CivilDay day(rules_->zone.At(absl::FromChrono(time)).cs);
  return rules_->Between(day, day + 1);
}

Period Zone::MonthOf(std::chrono::system_clock::time_point time) const {
  const absl::CivilMonth month(rules_->zone.At(absl::FromChrono(time)).cs);
  return rules_->Between(absl::CivilDay(month), absl::CivilDay(month + 1));
}

std::optional<std::chrono::system_clock::time_point> ParseTime(const std::string& text) {
  absl::Time time;
  std::string problem;
  const bool read = absl::ParseTime(absl::RFC3339_full, text, &time, &problem) ||
                    absl::ParseTime("%Y-%m-%d%ET%H:%M%Ez", text, &time, &problem);
  if (!read || time == absl::InfiniteFuture() || time == absl::InfinitePast()) return std::nullopt;
  return absl::ToChronoTime(time);
}

}  // namespace wayleave
