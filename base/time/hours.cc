#include "base/time/hours.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace wayleave {
namespace {

constexpr int kDay = 24 * 60;

// "19:00" in minutes; -1 if it is none.
int ParseClock(std::string_view text) {
  const auto digit = [&](std::size_t at) { return std::isdigit(static_cast<unsigned char>(text[at])) != 0; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return -1;
  const int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
  const int all = hour * 60 + minute;
  return minute < 60 && all <= kDay ? all : -1;
}

}  // namespace

std::string ClockText(int minute) {
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d", minute / 60, minute % 60);
  return text;
}

std::optional<HourRange> ParseHourRange(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const HourRange range{ParseClock(text.substr(0, dash)), ParseClock(text.substr(dash + 1))};
  const bool good = range.begin >= 0 && range.begin < kDay && range.end >= 0 && range.begin != range.end;
  return good ? std::optional(range) : std::nullopt;
}

std::optional<std::size_t> ParseWeekday(std::string_view text) {
  const auto* found = std::find(kWeekdays.begin(), kWeekdays.end(), text);
  if (found == kWeekdays.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kWeekdays.begin());
}

WeeklyHours::WeeklyHours(std::vector<HourRange> ranges, const Weekdays& days) : ranges_(std::move(ranges)), days_(days) {
  if (ranges_.empty()) ranges_.emplace_back();
}

bool WeeklyHours::Holds(LocalTime now) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const HourRange& range) { return Within(range, now); });
}

bool WeeklyHours::Within(const HourRange& range, LocalTime now) const {
  const auto on = [this](int weekday) { return days_[static_cast<std::size_t>(weekday)]; };
  if (range.begin < range.end) return now.minute >= range.begin && now.minute < range.end && on(now.weekday);
  if (now.minute >= range.begin) return on(now.weekday);
  return now.minute < range.end && on((now.weekday + 6) % 7);
}

std::string WeeklyHours::Words() const {
  std::string words;
  for (const HourRange& range : ranges_) {
    words += (words.empty() ? "" : " or ") + ClockText(range.begin) + "-" + ClockText(range.end);
  }
  if (std::all_of(days_.begin(), days_.end(), [](bool day) { return day; })) return words;
  const char* separator = " on ";
  for (std::size_t i = 0; i < kWeekdays.size(); ++i) {
    if (!days_[i]) continue;
    words += separator + std::string(kWeekdays[i]);
    separator = ", ";
  }
  return words;
}

int WeeklyHours::MinutesToChange(LocalTime now) const {
  int soonest = kDay - now.minute;
  for (const HourRange& range : ranges_) {
    for (const int edge : {range.begin, range.end}) {
      if (edge > now.minute) soonest = std::min(soonest, edge - now.minute);
    }
  }
  return std::max(soonest, 1);
}

}  // namespace wayleave
