#include <gtest/gtest.h>

#include "base/net/network.h"
#include "base/time/hours.h"
#include "base/time/zone.h"

namespace wayleave {
namespace {

using namespace std::chrono_literals;

std::chrono::system_clock::time_point At(const char* text) { return *ParseTime(text); }

struct DayCase {
  const char* zone;
  const char* time;
  int day;
  const char* begin;
  const char* end;
};

class DayTest : public testing::TestWithParam<DayCase> {};

TEST_P(DayTest, LastsFromMidnightToMidnight) {
  const Period day = Zone::Load(GetParam().zone)->DayOf(At(GetParam().time));
  EXPECT_EQ(day.first_day, GetParam().day);
  EXPECT_EQ(day.begin, At(GetParam().begin));
  EXPECT_EQ(day.end, At(GetParam().end));
}

INSTANTIATE_TEST_SUITE_P(
    Days, DayTest,
    testing::Values(DayCase{"UTC", "2026-11-25T12:00Z", 20261125, "2026-11-25T00:00Z", "2026-11-26T00:00Z"},
                    DayCase{"UTC", "2026-11-25T00:00Z", 20261125, "2026-11-25T00:00Z", "2026-11-26T00:00Z"},
                    DayCase{"Asia/Tokyo", "2026-11-25T15:00Z", 20261126, "2026-11-25T15:00Z", "2026-11-26T15:00Z"},
                    // 23 and 25 hours.
                    DayCase{"Europe/Berlin", "2026-03-29T12:00Z", 20260329, "2026-03-28T23:00Z", "2026-03-29T22:00Z"},
                    DayCase{"Europe/Berlin", "2026-10-25T12:00Z", 20261025, "2026-10-24T22:00Z", "2026-10-25T23:00Z"},
                    // Where midnight itself is skipped: 00:00 becomes 01:00.
                    DayCase{"Africa/Cairo", "2026-04-24T12:00Z", 20260424, "2026-04-23T22:00Z", "2026-04-24T21:00Z"}));

TEST(MonthTest, FollowsTheCalendarOfTheZone) {
  const Period month = Zone::Load("America/New_York")->MonthOf(At("2026-12-01T04:59Z"));
  EXPECT_EQ(month.first_day, 20261101);
  EXPECT_EQ(month.begin, At("2026-11-01T04:00Z"));
  EXPECT_EQ(month.end, At("2026-12-01T05:00Z"));
}

TEST(MonthTest, NeighboursMeet) {
  const auto zone = Zone::Load("Europe/Berlin");
  auto time = At("2024-01-01T00:00Z");
  for (int i = 0; i < 36; ++i) {
    const Period month = zone->MonthOf(time);
    EXPECT_EQ(zone->MonthOf(month.end).begin, month.end);
    EXPECT_EQ(zone->MonthOf(month.end - 1ns).begin, month.begin);
    time = month.end;
  }
}

TEST(WeeklyHoursTest, SayWhenTheyMayChange) {
  Weekdays all{};
  all.fill(true);
  const WeeklyHours hours({*ParseHourRange("22:00-06:00")}, all);
  for (int minute = 0; minute < 24 * 60; ++minute) {
    const bool now = hours.Holds({0, minute});
    EXPECT_EQ(now, minute < 360 || minute >= 1320);
    const int change = hours.MinutesToChange({0, minute});
    ASSERT_GE(change, 1);
    for (int later = minute; later < std::min(minute + change, 24 * 60); ++later) {
      EXPECT_EQ(hours.Holds({0, later}), now) << minute << " " << later;
    }
  }
}

struct NetworkCase {
  const char* network;
  const char* address;
  bool contains;
};

class NetworkTest : public testing::TestWithParam<NetworkCase> {};

TEST_P(NetworkTest, Contains) {
  const auto network = net::Network::Parse(GetParam().network);
  ASSERT_TRUE(network) << GetParam().network;
  EXPECT_EQ(network->Contains(GetParam().address), GetParam().contains);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, NetworkTest,
    testing::Values(NetworkCase{"10.0.0.0/8", "10.255.1.2", true}, NetworkCase{"10.0.0.0/8", "11.0.0.1", false},
                    NetworkCase{"10.0.0.0/8", "::ffff:10.1.2.3", true}, NetworkCase{"192.0.2.7", "192.0.2.7", true},
                    NetworkCase{"192.0.2.7", "192.0.2.6", false}, NetworkCase{"0.0.0.0/0", "203.0.113.9", true},
                    NetworkCase{"0.0.0.0/0", "2001:db8::1", false}, NetworkCase{"2001:db8::/33", "2001:db8:7fff::1", true},
                    NetworkCase{"2001:db8::/33", "2001:db8:8000::1", false}, NetworkCase{"::/0", "2001:db8::1", true},
                    NetworkCase{"192.0.2.128/25", "192.0.2.127", false}, NetworkCase{"10.0.0.0/8", "", false},
                    NetworkCase{"10.0.0.0/8", "rubbish", false}));

TEST(NetworkTest, RefusesWhatIsNone) {
  for (const char* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0/8",
                          "2001:db8::/129", "2001:db8::1/32", "localhost", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(net::Network::Parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace wayleave
