#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace wayleave::router {

// What a clock on the wall shows.
struct LocalTime {
  int weekday = 0;  // 0 is Monday
  int minute = 0;   // of the day
};

// A time zone of the IANA database, with all of its daylight-saving changes. Immutable; any thread.
class Zone {
 public:
  // nullptr if the database of this machine has no such zone.
  static std::shared_ptr<const Zone> Load(const std::string& name);

  const std::string& name() const { return name_; }
  LocalTime At(std::chrono::system_clock::time_point time) const;

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

}  // namespace wayleave::router
