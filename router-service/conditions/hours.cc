#include "base/time/hours.h"

#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"

namespace wayleave::router {
namespace {

class Hours final : public Condition {
 public:
  Hours(WeeklyHours hours, std::shared_ptr<const Zone> zone) : hours_(std::move(hours)), zone_(std::move(zone)) {}

  bool Holds(const Inquiry& inquiry) const override { return hours_.Holds(inquiry.TimeIn(*zone_)); }
  std::string Wants() const override { return hours_.Words() + " in " + zone_->name(); }
  std::string Found(const Inquiry& inquiry) const override {
    const LocalTime now = inquiry.TimeIn(*zone_);
    return "it is " + ClockText(now.minute) + " on " + kWeekdays[static_cast<std::size_t>(now.weekday)] + " there";
  }

 private:
  const WeeklyHours hours_;
  const std::shared_ptr<const Zone> zone_;
};

std::vector<HourRange> ReadRanges(config::Section& when) {
  std::vector<std::string> texts;
  when.Read("hours", texts);
  if (texts.empty() && when.Has("hours")) when.Fail("hours", "needs a range, like \"19:00-07:00\"");
  std::vector<HourRange> ranges;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto range = ParseHourRange(texts[i]);
    if (!range) when.Fail("hours", i, "must be written like \"19:00-07:00\", two different times of day");
    ranges.push_back(*range);
  }
  return ranges;
}

Weekdays ReadDays(config::Section& when) {
  Weekdays days{};
  if (!when.Has("days")) return days.fill(true), days;
  std::vector<std::string> names;
  when.Read("days", names);
  if (names.empty()) when.Fail("days", "needs at least one of: mon, tue, wed, thu, fri, sat, sun");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto day = ParseWeekday(names[i]);
    if (!day) when.Fail("days", i, "must be one of: mon, tue, wed, thu, fri, sat, sun");
    days[*day] = true;
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
  std::vector<HourRange> ranges = ReadRanges(when);
  const Weekdays days = ReadDays(when);
  return std::make_shared<Hours>(WeeklyHours(std::move(ranges), days), ReadZone(when, shared));
}

}  // namespace wayleave::router
