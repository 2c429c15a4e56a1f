#include "base/http/entity_tag.h"

#include <gtest/gtest.h>

#include "base/http/request.h"

namespace wayleave::http {
namespace {

TEST(EntityTagTest, IsFoundInAList) {
  for (const char* header :
       {"\"a\"", "W/\"a\"", "\"b\", \"a\"", "\"b\",\"a\"", "\"b\" , W/\"a\"", ",, \"a\"", "\"x,y\", \"a\"", "*"}) {
    EXPECT_TRUE(NamesEntityTag(header, "\"a\"")) << header;
  }
  EXPECT_TRUE(NamesEntityTag("\"a\"", "W/\"a\""));
}

TEST(EntityTagTest, IsNotFoundElsewhere) {
  for (const char* header : {"", "a", "\"b\"", "\"A\"", "w/\"a\"", "\"a", "a\"", "\"b\", a", "\"b, \"a\"", "W/", "W/*",
                             "*, \"b\"", "rubbish, \"a\""}) {
    EXPECT_FALSE(NamesEntityTag(header, "\"a\"")) << header;
  }
}

TEST(PercentDecodedTest, DecodesWhatIsAnEscapeAndKeepsTheRest) {
  EXPECT_EQ(PercentDecoded("a%2Fb%20c"), "a/b c");
  EXPECT_EQ(PercentDecoded("%C3%bc"), "ü");
  for (const char* plain : {"", "a", "%", "%2", "%zz", "a%", "%%"}) EXPECT_EQ(PercentDecoded(plain), plain);
}

}  // namespace
}  // namespace wayleave::http
