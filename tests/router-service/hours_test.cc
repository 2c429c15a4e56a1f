#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time/zone.h"
#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

struct Case {
  const char* at;
  bool holds;
};

v1::RouteRequest At(const std::string& text) {
  v1::RouteRequest request = RequestOf({"m"});
  const auto time = ParseTime(text);
  EXPECT_TRUE(time) << text;
  request.mutable_at()->set_seconds(std::chrono::system_clock::to_time_t(*time));
  return request;
}

void Check(const std::string& when, const std::vector<Case>& cases) {
  const auto snapshot = SnapshotOf(
      "providers: {a: {}}\nmodels: {m: [a/x]}\nroutes: [{name: night, use: [a/night], when: " + when + "}]");
  for (const Case& c : cases) {
    const auto decision = Decide(At(c.at), *snapshot);
    ASSERT_TRUE(decision);
    EXPECT_EQ(decision->response.rule() == "route:night", c.holds) << when << " at " << c.at;
  }
}

TEST(Hours, WithinADay) {
  Check("{hours: '09:00-17:30', timezone: Asia/Tokyo}", {{"2026-11-20T08:59:59+09:00", false},
                                                         {"2026-11-20T09:00:00+09:00", true},
                                                         {"2026-11-20T17:29:59+09:00", true},
                                                         {"2026-11-20T17:30:00+09:00", false},
                                                         {"2026-11-20T00:00Z", true},
                                                         {"2026-11-19T23:59Z", false}});
  Check("{hours: '00:00-24:00'}", {{"2026-11-20T00:00Z", true}, {"2026-11-20T23:59:59Z", true}});
  Check("{hours: '22:00-24:00'}", {{"2026-11-20T23:59Z", true}, {"2026-11-21T00:00Z", false}});
  Check("{hours: '22:00-00:00'}", {{"2026-11-20T23:59Z", true}, {"2026-11-21T00:00Z", false}});
  Check("{hours: ['01:00-02:00', '03:00-04:00']}",
        {{"2026-11-20T01:30Z", true}, {"2026-11-20T02:30Z", false}, {"2026-11-20T03:30Z", true}});
}

TEST(Hours, OverMidnight) {
  Check("{hours: '19:00-07:00', timezone: Asia/Tokyo}", {{"2026-11-20T18:59+09:00", false},
                                                         {"2026-11-20T19:00+09:00", true},
                                                         {"2026-11-20T23:00+09:00", true},
                                                         {"2026-11-21T00:00+09:00", true},
                                                         {"2026-11-21T06:59+09:00", true},
                                                         {"2026-11-21T07:00+09:00", false}});
}

// 2026-11-20 is a Friday.
TEST(Hours, DaysAreThoseOfTheBeginning) {
  Check("{days: [sat, sun], timezone: Asia/Tokyo}", {{"2026-11-20T23:59+09:00", false},
                                                     {"2026-11-21T00:00+09:00", true},
                                                     {"2026-11-22T23:59+09:00", true},
                                                     {"2026-11-23T00:00+09:00", false}});
  Check("{hours: '19:00-07:00', days: [fri], timezone: Asia/Tokyo}", {{"2026-11-20T06:59+09:00", false},
                                                                      {"2026-11-20T19:00+09:00", true},
                                                                      {"2026-11-21T06:59+09:00", true},
                                                                      {"2026-11-21T07:00+09:00", false},
                                                                      {"2026-11-21T19:00+09:00", false},
                                                                      {"2026-11-22T06:00+09:00", false}});
  Check("{hours: '19:00-07:00', days: [sun]}",
        {{"2026-11-22T20:00Z", true}, {"2026-11-23T05:00Z", true}, {"2026-11-22T05:00Z", false}});
}

// On 2026-03-29 clocks in Berlin go from 02:00 (+01:00) to 03:00 (+02:00).
TEST(Hours, InSpringAnHourIsLeftOut) {
  Check("{hours: '19:00-07:00', timezone: Europe/Berlin}", {{"2026-03-28T17:59Z", false},
                                                            {"2026-03-28T18:00Z", true},
                                                            {"2026-03-29T00:59Z", true},
                                                            {"2026-03-29T01:00Z", true},
                                                            {"2026-03-29T04:59Z", true},
                                                            {"2026-03-29T05:00Z", false},   // 07:00 in summer
                                                            {"2026-03-29T16:59Z", false},
                                                            {"2026-03-29T17:00Z", true}});  // 19:00 in summer
  Check("{hours: '02:00-03:00', timezone: Europe/Berlin}", {{"2026-03-28T01:30Z", true},
                                                            {"2026-03-29T00:59Z", false},
                                                            {"2026-03-29T01:00Z", false},
                                                            {"2026-03-30T00:30Z", true}});
  // The night that begins on Saturday is an hour shorter and ends on Sunday.
  Check("{hours: '19:00-07:00', days: [sat], timezone: Europe/Berlin}",
        {{"2026-03-28T18:00Z", true}, {"2026-03-29T04:59Z", true}, {"2026-03-29T05:00Z", false},
         {"2026-03-29T17:30Z", false}});
}

// On 2026-10-25 clocks in Berlin go from 03:00 (+02:00) back to 02:00 (+01:00).
TEST(Hours, InAutumnAnHourComesTwice) {
  Check("{hours: '19:00-07:00', timezone: Europe/Berlin}", {{"2026-10-24T16:59Z", false},
                                                            {"2026-10-24T17:00Z", true},   // 19:00 in summer
                                                            {"2026-10-25T05:00Z", true},   // 06:00 in winter
                                                            {"2026-10-25T05:59Z", true},
                                                            {"2026-10-25T06:00Z", false},  // 07:00 in winter
                                                            {"2026-10-25T17:59Z", false},
                                                            {"2026-10-25T18:00Z", true}});
  Check("{hours: '02:00-03:00', timezone: Europe/Berlin}", {{"2026-10-24T23:59Z", false},
                                                            {"2026-10-25T00:00Z", true},
                                                            {"2026-10-25T01:59Z", true},
                                                            {"2026-10-25T02:00Z", false}});
  Check("{hours: '19:00-07:00', days: [sat], timezone: Europe/Berlin}",
        {{"2026-10-24T17:00Z", true}, {"2026-10-25T05:59Z", true}, {"2026-10-25T06:00Z", false},
         {"2026-10-25T18:30Z", false}});
}

// New York changes on other days, and Tokyo never.
TEST(Hours, EachZoneHasItsOwnChanges) {
  Check("{hours: '09:00-10:00', timezone: America/New_York}", {{"2026-03-07T14:30Z", true},
                                                               {"2026-03-08T14:30Z", false},
                                                               {"2026-03-08T13:30Z", true},
                                                               {"2026-11-01T13:30Z", false},
                                                               {"2026-11-01T14:30Z", true}});
  Check("{hours: '09:00-10:00', timezone: Asia/Tokyo}",
        {{"2026-03-29T00:30Z", true}, {"2026-10-25T00:30Z", true}, {"2026-07-01T00:30Z", true}});
}

// No night is left out and none comes twice: through both changes, minute by minute, against the offsets of the law.
TEST(Hours, EveryMinuteOfAYear) {
  const auto zone = Zone::Load("Europe/Berlin");
  ASSERT_TRUE(zone);
  const auto spring = *ParseTime("2026-03-29T01:00Z"), autumn = *ParseTime("2026-10-25T01:00Z");
  for (auto t = *ParseTime("2026-01-01T00:00Z"); t < *ParseTime("2026-12-31T00:00Z"); t += std::chrono::minutes(1)) {
    const auto offset = std::chrono::hours(t >= spring && t < autumn ? 2 : 1);
    const auto shown = std::chrono::floor<std::chrono::minutes>(t.time_since_epoch() + offset).count();
    const LocalTime local = zone->At(t);
    ASSERT_EQ(local.minute, shown % 1440);
    ASSERT_EQ(local.weekday, (shown / 1440 + 3) % 7);  // 1970 began on a Thursday
  }
}

TEST(Hours, ExplainsInWords) {
  const auto snapshot = SnapshotOf(
      "providers: {a: {}}\nmodels: {m: [a/x]}\nroutes: [{name: night, use: [a/night],\n"
      "  when: {hours: '19:00-07:00', days: [mon, fri], timezone: Asia/Tokyo}}]");
  std::vector<v1::Step> steps;
  ASSERT_TRUE(Decide(At("2026-11-20T12:05+09:00"), *snapshot, &steps));
  EXPECT_EQ(steps[1].reason(), "wants 19:00-07:00 on mon, fri in Asia/Tokyo, but it is 12:05 on fri there");
}

TEST(Hours, WithoutATimeItIsNow) {
  const auto snapshot = SnapshotOf(
      "providers: {a: {}}\nmodels: {m: [a/x]}\nroutes: [{name: r, use: [a/y], when: {hours: '00:00-24:00'}}]");
  EXPECT_EQ(Outcome({"m"}, *snapshot), "route:r: a/y");
}

TEST(Hours, TimesAreWrittenWithTheirOffset) {
  EXPECT_TRUE(ParseTime("2026-11-20T23:00+09:00"));
  EXPECT_EQ(ParseTime("2026-11-20T23:00:30+09:00"), *ParseTime("2026-11-20T14:00:30Z"));
  for (const char* bad : {"", "2026-11-20", "2026-11-20T23:00", "2026-13-20T23:00Z", "infinite-future", "now"}) {
    EXPECT_FALSE(ParseTime(bad)) << bad;
  }
}

}  // namespace
}  // namespace wayleave::router
