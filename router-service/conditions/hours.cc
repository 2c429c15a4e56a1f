#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"

namespace wayleave::router {
namespace {

constexpr std::array<const char*, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kDay = 24 * 60;

// Minutes of the day; the end is not part of it. From the evening to the morning if it ends before it begins.
struct Range {
  int begin = 0;
  int end = kDay;
};
using Days = std::array<bool, 7>;

std::string Clock(int minute) {
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d", minute / 60, minute % 60);
  return text;
}

class Hours final : public Condition {
 public:
  Hours(std::vector<Range> ranges, const Days& days, std::shared_ptr<const Zone> zone)
      : ranges_(std::move(ranges)), days_(days), zone_(std::move(zone)) {}

  bool Holds(const Inquiry& inquiry) const override {
    const LocalTime now = inquiry.TimeIn(*zone_);
    return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) { return Within(range, now); });
  }
  std::string Wants() const override {
    std::string words;
    for (const Range& range : ranges_) {
      words += (words.empty() ? "" : " or ") + Clock(range.begin) + "-" + Clock(range.end);
    }
    return words + DayWords() + " in " + zone_->name();
  }
  std::string Found(const Inquiry& inquiry) const override {
    const LocalTime now = inquiry.TimeIn(*zone_);
    return "it is " + Clock(now.minute) + " on " + kDays[static_cast<std::size_t>(now.weekday)] + " there";
  }

 private:
  bool On(int weekday) const { return days_[static_cast<std::size_t>(weekday)]; }

  // The days of a range over midnight are those of its beginning: its morning belongs to the day before.
  bool Within(const Range& range, LocalTime now) const {
    if (range.begin < range.end) return now.minute >= range.begin && now.minute < range.end && On(now.weekday);
    if (now.minute >= range.begin) return On(now.weekday);
    return now.minute < range.end && On((now.weekday + 6) % 7);
  }

  std::string DayWords() const {
    std::string words;
    for (std::size_t i = 0; i < kDays.size(); ++i) {
      if (days_[i]) words += (words.empty() ? " on " : ", ") + std::string(kDays[i]);
    }
    return std::all_of(days_.begin(), days_.end(), [](bool day) { return day; }) ? "" : words;
  }

  const std::vector<Range> ranges_;
  const Days days_;
  const std::shared_ptr<const Zone> zone_;
};

// "19:00" in minutes; -1 if it is none. 24:00 is the end of the day.
int ParseClock(const std::string& text) {
  const auto digit = [&](std::size_t at) { return std::isdigit(static_cast<unsigned char>(text[at])) != 0; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return -1;
  const int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
  const int all = hour * 60 + minute;
  return minute < 60 && all <= kDay ? all : -1;
}

Range ParseRange(config::Section& when, std::size_t index, const std::string& text) {
  const std::size_t dash = text.find('-');
  const Range range{ParseClock(text.substr(0, dash)), dash == std::string::npos ? -1 : ParseClock(text.substr(dash + 1))};
  const bool good = range.begin >= 0 && range.begin < kDay && range.end >= 0 && range.begin != range.end;
  if (!good) when.Fail("hours", index, "must be written like \"19:00-07:00\", two different times of day");
  return range;
}

std::vector<Range> ReadRanges(config::Section& when) {
  if (!when.Has("hours")) return {Range{}};
  std::vector<std::string> texts;
  when.Read("hours", texts);
  if (texts.empty()) when.Fail("hours", "needs a range, like \"19:00-07:00\"");
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < texts.size(); ++i) ranges.push_back(ParseRange(when, i, texts[i]));
  return ranges;
}

Days ReadDays(config::Section& when) {
  Days days{};
  if (!when.Has("days")) return days.fill(true), days;
  std::vector<std::string> names;
  when.Read("days", names);
  if (names.empty()) when.Fail("days", "needs at least one of: mon, tue, wed, thu, fri, sat, sun");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = std::find(kDays.begin(), kDays.end(), names[i]);
    if (found == kDays.end()) when.Fail("days", i, "must be one of: mon, tue, wed, thu, fri, sat, sun");
    days[static_cast<std::size_t>(found - kDays.begin())] = true;
  }
  return days;
}

std::shared_ptr<const Zone> ReadZone(config::Section& when, Shared& shared) {
  std::string name = "UTC";
  when.Read("timezone", name);
  std::shared_ptr<const Zone>& zone = shared.zones[name];
  if (!zone) zone = Zone::Load(name);
  if (!zone) {
    when.Fail("timezone", "is no time zone that this machine knows; write one like Europe/Berlin (package tzdata)");
  }
  return zone;
}

}  // namespace

// `hours: "19:00-07:00"`, `days: [mon, tue]`, `timezone: Asia/Tokyo`: what clocks show there, so that an hour that
// daylight saving leaves out never comes, and one that it repeats comes twice.
std::shared_ptr<const Condition> ReadHours(config::Section& when, const std::string&, Shared& shared) {
  if (!when.Has("hours") && !when.Has("days")) {
    if (when.Has("timezone")) when.Fail("timezone", "says nothing without hours or days");
    when.Allow({"days", "timezone"});
    return nullptr;
  }
  std::vector<Range> ranges = ReadRanges(when);
  const Days days = ReadDays(when);
  return std::make_shared<Hours>(std::move(ranges), days, ReadZone(when, shared));
}

}  // namespace wayleave::router
