#include "base/http/framing.h"

#include <gtest/gtest.h>

#include "base/http/request.h"

namespace wayleave::http {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

HeaderList Headers(const Lines& lines) {
  HeaderList headers;
  for (const auto& [name, value] : lines) headers.Add(name, value);
  return headers;
}

struct FramingCase {
  const char* name;
  Lines headers;
  bool http11 = true;
  int refused = 0;
  bool chunked = false;
  std::uint64_t length = 0;
};

class FramingTest : public testing::TestWithParam<FramingCase> {};

TEST_P(FramingTest, IsReadOrRefused) {
  Framing framing;

  const auto refusal = CheckFraming(Headers(GetParam().headers), GetParam().http11, framing);

  EXPECT_EQ(refusal ? refusal->status : 0, GetParam().refused);
  EXPECT_EQ(!refusal || !refusal->message.empty(), true);
  EXPECT_EQ(framing.chunked, GetParam().chunked);
  EXPECT_EQ(refusal ? 0 : framing.length, GetParam().length);
}

INSTANTIATE_TEST_SUITE_P(
    All, FramingTest,
    testing::ValuesIn(std::vector<FramingCase>{
        {"NoBody", {{"Host", "a"}}},
        {"Length", {{"Host", "a"}, {"Content-Length", "17"}}, true, 0, false, 17},
        {"LengthZero", {{"Host", "a"}, {"content-length", "0"}}},
        {"LengthWithLeadingZeros", {{"Host", "a"}, {"Content-Length", "0017"}}, true, 0, false, 17},
        {"LargestLength",
         {{"Host", "a"}, {"Content-Length", "999999999999999999"}},
         true,
         0,
         false,
         999999999999999999},
        {"Chunked", {{"Host", "a"}, {"Transfer-Encoding", "chunked"}}, true, 0, true},
        {"ChunkedInCapitals", {{"HOST", "a"}, {"TRANSFER-ENCODING", "CHUNKED"}}, true, 0, true},
        {"OldWithoutHost", {}, false},
        {"OldWithLength", {{"Content-Length", "3"}}, false, 0, false, 3},
        {"NoHost", {}, true, 400},
        {"TwoHosts", {{"Host", "a"}, {"Host", "a"}}, true, 400},
        {"OldWithTwoHosts", {{"Host", "a"}, {"Host", "b"}}, false, 400},
        {"LengthAndChunked", {{"Host", "a"}, {"Content-Length", "3"}, {"Transfer-Encoding", "chunked"}}, true, 400},
        {"TwoLengths", {{"Host", "a"}, {"Content-Length", "3"}, {"Content-Length", "4"}}, true, 400},
        {"SameLengthTwice", {{"Host", "a"}, {"Content-Length", "3"}, {"Content-Length", "3"}}, true, 400},
        {"LengthList", {{"Host", "a"}, {"Content-Length", "3, 3"}}, true, 400},
        {"LengthEmpty", {{"Host", "a"}, {"Content-Length", ""}}, true, 400},
        {"LengthWithPlus", {{"Host", "a"}, {"Content-Length", "+3"}}, true, 400},
        {"LengthNegative", {{"Host", "a"}, {"Content-Length", "-3"}}, true, 400},
        {"LengthHex", {{"Host", "a"}, {"Content-Length", "0x3"}}, true, 400},
        {"LengthWithSpace", {{"Host", "a"}, {"Content-Length", "3 "}}, true, 400},
        {"LengthWithFraction", {{"Host", "a"}, {"Content-Length", "3.0"}}, true, 400},
        {"LengthBeyond64Bits", {{"Host", "a"}, {"Content-Length", "18446744073709551617"}}, true, 400},
        {"TwoEncodings",
         {{"Host", "a"}, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
         true,
         400},
        {"EncodingList", {{"Host", "a"}, {"Transfer-Encoding", "gzip, chunked"}}, true, 501},
        {"EncodingIdentity", {{"Host", "a"}, {"Transfer-Encoding", "identity"}}, true, 501},
        {"EncodingEmpty", {{"Host", "a"}, {"Transfer-Encoding", ""}}, true, 501},
        {"EncodingWithControl",
         {{"Host", "a"},
          {"Transfer-Encoding",
           "\x0b"
           "chunked"}},
         true,
         501},
        {"EncodingTwiceInOne", {{"Host", "a"}, {"Transfer-Encoding", "chunked, chunked"}}, true, 501},
        {"OldChunked", {{"Host", "a"}, {"Transfer-Encoding", "chunked"}}, false, 400},
    }),
    [](const auto& test) { return std::string(test.param.name); });

struct LinesCase {
  const char* name;
  std::string block;
  bool ambiguous;
};

class HeaderLinesTest : public testing::TestWithParam<LinesCase> {};

TEST_P(HeaderLinesTest, AreTakenOnlyWhenAllParsersAgree) {
  EXPECT_EQ(HasAmbiguousLines(GetParam().block), GetParam().ambiguous);
}

INSTANTIATE_TEST_SUITE_P(All, HeaderLinesTest,
                         testing::ValuesIn(std::vector<LinesCase>{
                             {"RequestLineOnly", "GET / HTTP/1.1\r\n", false},
                             {"OneHeader", "GET / HTTP/1.1\r\nHost: a\r\n", false},
                             {"EmptyValue", "GET / HTTP/1.1\r\nX-A:\r\n", false},
                             {"ColonInValue", "GET / HTTP/1.1\r\nHost: a:80\r\n", false},
                             {"TabInValue", "GET / HTTP/1.1\r\nX-A: a\tb\r\n", false},
                             {"Nothing", "", true},
                             {"BareLfAfterRequestLine", "GET / HTTP/1.1\nHost: a\r\n", true},
                             {"BareLfAfterHeader", "GET / HTTP/1.1\r\nHost: a\nX-A: b\r\n", true},
                             {"BareCr", "GET / HTTP/1.1\r\nHost: a\rX-A: b\r\n", true},
                             {"Nul", std::string("GET / HTTP/1.1\r\nX-A: a\0b\r\n", 26), true},
                             {"Folded", "GET / HTTP/1.1\r\nX-A: a\r\n b\r\n", true},
                             {"FoldedByTab", "GET / HTTP/1.1\r\nX-A: a\r\n\tb\r\n", true},
                             {"SpaceBeforeColon", "GET / HTTP/1.1\r\nContent-Length : 3\r\n", true},
                             {"TabBeforeColon", "GET / HTTP/1.1\r\nContent-Length\t: 3\r\n", true},
                             {"NoColon", "GET / HTTP/1.1\r\nHost\r\n", true},
                             {"NoName", "GET / HTTP/1.1\r\n: a\r\n", true},
                             {"UnfinishedLine", "GET / HTTP/1.1\r\nHost: a", true},
                         }),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(HeaderListTest, FindsNamesInAnyCaseAndTheFirstOfSeveral) {
  const HeaderList headers = Headers({{"X-Key", "1"}, {"Other", ""}, {"x-kEY", "2"}});

  EXPECT_EQ(headers.Get("x-key"), "1");
  EXPECT_EQ(headers.Count("X-KEY"), 2u);
  EXPECT_TRUE(headers.Has("other"));
  EXPECT_FALSE(headers.Has("x-ke"));
  EXPECT_EQ(headers.Get("missing"), "");
}

TEST(RequestTest, CutsItsTargetAtTheFirstQuestionMark) {
  Request request;
  for (const auto& [target, path, query] : std::vector<std::array<std::string, 3>>{
           {"/a/b", "/a/b", ""}, {"/a?b=c", "/a", "b=c"}, {"/a?b?c", "/a", "b?c"}, {"/a?", "/a", ""}, {"", "", ""}}) {
    request.target = target;
    EXPECT_EQ(request.path(), path) << target;
    EXPECT_EQ(request.query(), query) << target;
  }
}

TEST(CleanValueTest, LeavesNothingThatCouldEndTheLine) {
  EXPECT_EQ(CleanValue("a\r\nb\tc\x7f"), "a  b c ");
  EXPECT_EQ(CleanValue("größe"), "größe");
}

}  // namespace
}  // namespace wayleave::http
