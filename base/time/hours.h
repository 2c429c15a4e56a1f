#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time/zone.h"

namespace wayleave {

// Times of the day, from the evening to the morning if one ends before it begins. Minutes; the end is not part of it.
struct HourRange {
  int begin = 0;
  int end = 24 * 60;
};

inline constexpr std::array<const char*, 7> kWeekdays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
using Weekdays = std::array<bool, 7>;

// "19:00-07:00", two different times of day; nothing if it is none. 24:00 is the end of the day.
std::optional<HourRange> ParseHourRange(std::string_view text);
// The index of "mon", "tue", ...; nothing if it is none.
std::optional<std::size_t> ParseWeekday(std::string_view text);
std::string ClockText(int minute);

// Hours of the week. Immutable; any thread.
class WeeklyHours {
 public:
  // No ranges: the whole day.
  WeeklyHours(std::vector<HourRange> ranges, const Weekdays& days);

  // The days of a range over midnight are those of its beginning: its morning belongs to the day before.
  bool Holds(LocalTime now) const;
  // Like "19:00-07:00 or 12:00-13:00 on mon, tue".
  std::string Words() const;
  // Minutes until Holds() may answer otherwise; at most a day.
  int MinutesToChange(LocalTime now) const;

 private:
  bool Within(const HourRange& range, LocalTime now) const;

  std::vector<HourRange> ranges_;
  Weekdays days_;
};

}  // namespace wayleave
