#include "provider-service/dialect/splice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wayleave::provider {
namespace {

// Where the value of "model" stands in these bodies.
ModelRange Range(std::string_view body) {
  const std::size_t key = body.find("\"model\"");
  if (key == std::string_view::npos) return {};
  const std::size_t begin = body.find('"', body.find(':', key));
  return {begin, body.find('"', begin + 1) + 1 - begin};
}

std::string Model(std::string_view body) { return WithModel(body, Range(body), "up\"stream").Joined(); }

std::string Usage(std::string_view body) { return WithModelAndUsage(body, Range(body), "up").Joined(); }

TEST(WithModel, ChangesNothingElse) {
  EXPECT_EQ(Model(R"({"a": 1, "model" : "m", "b":[ ]})"), R"({"a": 1, "model" : "up\"stream", "b":[ ]})");
}

TEST(WithModel, PutsOneInWhereThereIsNone) {
  EXPECT_EQ(Model(R"( {"a":1})"), R"( {"model":"up\"stream","a":1})");
  EXPECT_EQ(Model("{ }"), R"({"model":"up\"stream" })");
}

TEST(WithModel, CopiesNothingOfTheBody) {
  const std::string body = R"({"model":"m","input":")" + std::string(100000, 'x') + "\"}";

  const SplicedBody spliced = WithModel(body, Range(body), "up");

  ASSERT_EQ(spliced.pieces().size(), 3u);
  EXPECT_EQ(spliced.pieces()[0].data(), body.data());
  EXPECT_EQ(spliced.pieces()[2].data() + spliced.pieces()[2].size(), body.data() + body.size());
  EXPECT_EQ(spliced.size(), body.size() + 1);
}

TEST(WithModel, StaysGoodWhenItIsMoved) {
  const std::string body = R"({"model":"m"})";
  SplicedBody first = WithModel(body, Range(body), "x");

  const SplicedBody second = std::move(first);

  EXPECT_EQ(second.Joined(), R"({"model":"x"})");
}

TEST(WithModelAndUsage, AsksForUsage) {
  EXPECT_EQ(Usage(R"({"model":"m","stream":true})"),
            R"({"model":"up","stream_options":{"include_usage":true},"stream":true})");
  EXPECT_EQ(Usage(R"({"stream":true})"), R"({"model":"up","stream_options":{"include_usage":true},"stream":true})");
}

TEST(WithModelAndUsage, KeepsOtherStreamOptions) {
  EXPECT_EQ(Usage(R"({"stream_options" : {"include_obfuscation":false} , "model":"m"})"),
            R"({"stream_options" : {"include_obfuscation":false,"include_usage":true} , "model":"up"})");
  EXPECT_EQ(Usage(R"({"model":"m","stream_options":{"include_usage":false}})"),
            R"({"model":"up","stream_options":{"include_usage":true}})");
  EXPECT_EQ(Usage(R"({"model":"m","stream_options": null , "x":1})"),
            R"({"model":"up","stream_options": {"include_usage":true} , "x":1})");
}

TEST(WithModelAndUsage, IsNotFooledByTheWordElsewhere) {
  const std::string messages = R"("messages":[{"content":"\"stream_options\"","stream_options":1}]})";

  EXPECT_EQ(Usage(R"({"model":"m",)" + messages),
            R"({"model":"up","stream_options":{"include_usage":true},)" + messages);
}

}  // namespace
}  // namespace wayleave::provider
