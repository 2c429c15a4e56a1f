#include "deploy/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "deploy/csv.h"

namespace wayleave::deploy {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

std::vector<std::size_t> WidthsOf(const std::string& text) {
  std::vector<std::size_t> widths;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    widths.push_back(static_cast<std::size_t>(std::count_if(
        line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; })));
  }
  return widths;
}

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCell) {
  TextTable table({{"NAME"}, {"COUNT", true}});
  table.Add({"a", "1"});
  table.Add({"Zürich", "23456"});

  EXPECT_EQ(table.Text(), "NAME   COUNT\na          1\nZürich 23456\n");
}

TEST(TextTable, StaysWithinAHundredColumnsByCuttingWhatMayBeCut) {
  TextTable table({{"ID"}, {"LONG", false, 8}, {"LONGER", false, 8}, {"USD", true}});
  table.Add({"key_12345678", std::string(300, 'x'), "short", "1.00"});
  table.Add({"key_12345678", "short", std::string(100, 'y'), "123456789.123456789"});

  const std::string text = table.Text();

  EXPECT_THAT(WidthsOf(text), Each(Le(TextTable::kWidth)));
  EXPECT_THAT(text, HasSubstr("x… "));
  EXPECT_THAT(text, HasSubstr("y… "));
  EXPECT_THAT(text, HasSubstr("123456789.123456789"));
}

TEST(TextTable, CutsBetweenCharacters) {
  TextTable table({{"A", false, 4}, {"B"}});
  std::string long_text;
  for (int i = 0; i < 200; ++i) long_text += "ü";
  table.Add({long_text, std::string(60, 'b')});

  const std::string text = table.Text();

  EXPECT_THAT(text, HasSubstr("ü… b"));
  EXPECT_THAT(WidthsOf(text), Each(Le(TextTable::kWidth)));
}

TEST(TextTable, CellsCanNotControlTheTerminal) {
  TextTable table({{"NAME"}});
  table.Add({"a\x1b[31mred\nnext\x7f\xc2\x9b"});

  EXPECT_EQ(table.Text(), "NAME\na?[31mred?next??\n");
}

TEST(CsvLine, QuotesWhatNeedsIt) {
  EXPECT_EQ(CsvLine({"plain", "", "a,b", "say \"hi\"", "two\nlines", " spaced "}),
            "plain,,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\", spaced \r\n");
}

TEST(CsvLine, DisarmsFormulas) {
  EXPECT_EQ(CsvLine({"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"}), "'=1+1,'+1,'-1,'@SUM(A1),'\t=1,\"'\r=1\"\r\n");
  EXPECT_EQ(CsvLine({"=HYPERLINK(\"http://x\",\"y\")"}), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"\r\n");
  EXPECT_EQ(CsvLine({"a=1", "1-2", "x@y"}), "a=1,1-2,x@y\r\n");
}

TEST(CsvLine, HoldsNothingThatControlsATerminal) {
  EXPECT_THAT(CsvLine({"a\x1b]0;title\x07"}), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace wayleave::deploy
