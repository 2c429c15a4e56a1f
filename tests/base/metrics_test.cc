#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics/bounded_label.h"
#include "base/metrics/process.h"
#include "base/metrics/registry.h"

namespace wayleave::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

double ValueOf(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

TEST(Registry, TellsOfAFamilyBeforeThereIsAnythingToCount) {
  Registry registry("test");

  registry.Counters("things_total", "Things.", {"kind"});

  EXPECT_THAT(registry.Render(), HasSubstr("# HELP things_total Things.\n# TYPE things_total counter\n"));
  const Description described = registry.Families().at("things_total");
  EXPECT_EQ(described.type, "counter");
  EXPECT_THAT(described.labels, ElementsAre("kind"));
}

TEST(Registry, TellsOfAFamilyOnceWhenThereIs) {
  Registry registry("test");
  const auto things = registry.Counters("things_total", "Things.", {"kind", "size"});

  things.With({"good", "small"}).Increment();
  things.With({"good", "small"}).Increment();
  things.With({"bad"}).Increment();
  const std::string text = registry.Render();

  EXPECT_THAT(text, HasSubstr("things_total{kind=\"good\",size=\"small\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("things_total{kind=\"bad\"} 1\n"));
  EXPECT_EQ(text.find("# HELP things_total"), text.rfind("# HELP things_total"));
}

TEST(Registry, AMetricByItsLabelsIsTheFamilysMetric) {
  Registry registry("test");
  const auto seconds = registry.Histograms("seconds", "Time.", {"kind"}, {1, 2});

  seconds.With({"a"}).Observe(1.5);

  registry.Histogram("seconds", "Time.", {{"kind", "a"}}, {1, 2}).Observe(0.5);
  EXPECT_THAT(registry.Render(), HasSubstr("seconds_bucket{kind=\"a\",le=\"2\"} 2\n"));
}

TEST(BoundedLabel, ShowsSoManyNamesAndNoMore) {
  BoundedLabel label(2);

  EXPECT_EQ(label.Of("first"), "first");
  EXPECT_EQ(label.Of("second"), "second");
  EXPECT_EQ(label.Of("third"), "_other");
  EXPECT_EQ(label.Of("first"), "first");
}

TEST(BoundedLabel, OfNoneShowsNone) { EXPECT_EQ(BoundedLabel(0).Of("a"), "_other"); }

TEST(BoundedLabel, NeverShowsMoreWhoeverAsks) {
  BoundedLabel label(10);
  std::array<int, 4> shown{};
  std::vector<std::thread> threads;

  for (int& count : shown) {
    threads.emplace_back([&label, &count] {
      for (int i = 0; i < 1000; ++i) count += label.Of(std::to_string(i)) != kOtherLabel;
    });
  }
  for (std::thread& thread : threads) thread.join();

  for (const int count : shown) EXPECT_LE(count, 10);
  int now = 0;
  for (int i = 0; i < 1000; ++i) now += label.Of(std::to_string(i)) != kOtherLabel;
  EXPECT_EQ(now, 10);
}

TEST(ProcessStat, IsReadBehindANameThatHoldsAnything) {
  const std::string text =
      "77 (a ) b (c) S 1 77 77 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 12 0 3000 1048576 10 18446744073709551615 1 1";

  const auto stat = ReadProcessStat(text, 100, 4096);

  ASSERT_TRUE(stat);
  EXPECT_DOUBLE_EQ(stat->cpu_seconds, 3);
  EXPECT_EQ(stat->threads, 12);
  EXPECT_DOUBLE_EQ(stat->started_after_boot, 30);
  EXPECT_DOUBLE_EQ(stat->virtual_bytes, 1048576);
  EXPECT_DOUBLE_EQ(stat->resident_bytes, 40960);
}

TEST(ProcessStat, IsNothingIfItIsCut) {
  EXPECT_FALSE(ReadProcessStat("", 100, 4096));
  EXPECT_FALSE(ReadProcessStat("77 (a) S 1 77", 100, 4096));
}

TEST(Process, ShowsWhatThisOneUses) {
  Registry registry("test");
  ShowProcess(registry);
  const std::string before = registry.Render();

  const int file = open("/dev/null", O_RDONLY);
  const std::string after = registry.Render();
  close(file);

  EXPECT_EQ(ValueOf(after, "process_open_fds"), ValueOf(before, "process_open_fds") + 1);
  EXPECT_GE(ValueOf(after, "process_threads"), 1);
  EXPECT_GT(ValueOf(after, "process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(ValueOf(after, "process_max_fds"), ValueOf(after, "process_open_fds"));
  EXPECT_GE(ValueOf(after, "process_cpu_seconds_total"), ValueOf(before, "process_cpu_seconds_total"));
  const auto now = static_cast<double>(time(nullptr));
  EXPECT_LE(ValueOf(after, "process_start_time_seconds"), now + 1);
  EXPECT_GT(ValueOf(after, "process_start_time_seconds"), now - 86400 * 365);
  EXPECT_THAT(after, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace wayleave::metrics
