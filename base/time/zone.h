#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace wayleave {

// What a clock on the wall shows.
struct LocalTime {
  int weekday = 0;  // 0 is Monday
  int minute = 0;   // of the day
};

// A day or a month as clocks and calendars show it: it may have 23 or 25 hours more or less.
struct Period {
  int first_day = 0;  // as YYYYMMDD
  std::chrono::system_clock::time_point begin;
  std::chrono::system_clock::time_point end;  // not part of it
};

// A time zone of the IANA database, with all of its daylight-saving changes. Immutable; any thread.
class Zone {
 public:
  // nullptr if the database of this machine has no such zone.
  static std::shared_ptr<const Zone> Load(const std::string& name);

  const std::string& name() const { return name_; }
  LocalTime At(std::chrono::system_clock::time_point time) const;

  // The day, or the month, that `time` is in there: when it begins and ends, and its first day.
  Period DayOf(std::chrono::system_clock::time_point time) const;
  Period MonthOf(std::chrono::system_clock::time_point time) const;

  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;
  ~Zone();

 private:
  struct Rules;
  Zone(std::string name, std::unique_ptr<Rules> rules);

  const std::string name_;
  const std::unique_ptr<Rules> rules_;
};

// "2026-11-20T23:00+09:00", with or without seconds; nullopt if it is none.
std::optional<std::chrono::system_clock::time_point> ParseTime(const std::string& text);

}  // namespace wayleave
