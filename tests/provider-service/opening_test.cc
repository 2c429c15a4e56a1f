#include "provider-service/opening.h"

#include <gtest/gtest.h>

namespace wayleave::provider {
namespace {

using namespace std::chrono_literals;

Output Failed(const std::string& code) {
  Output out;
  out.finish = Finish::kFailed;
  out.error_code = code;
  return out;
}

TEST(Opening, AStreamBeginsWithTheFirstBytes) {
  Opening opening(true);
  Output out;
  out.bytes = "event: response.created\n\n";  // ours; the upstream has said nothing
  EXPECT_FALSE(opening.HasNews(out));

  opening.Heard();
  EXPECT_TRUE(opening.HasNews(out));
  EXPECT_TRUE(opening.Begin());
  EXPECT_FALSE(opening.Begin());
  out.bytes.clear();
  EXPECT_FALSE(opening.HasNews(out));
}

TEST(Opening, WhereTheFirstTokenHasATimeNothingGoesOutBeforeIt) {
  Opening opening(true);
  opening.Await(1s);
  opening.Heard();
  Output out;
  out.bytes = "event: response.created\n\n";
  EXPECT_TRUE(opening.IsHeld(out));
  EXPECT_FALSE(opening.HasNews(out));

  out.begun = true;
  EXPECT_FALSE(opening.IsHeld(out));
  EXPECT_TRUE(opening.HasNews(out));
}

TEST(Opening, WhatFailsBeforeItIsUndelivered) {
  Opening opening(true);
  opening.Heard();
  EXPECT_TRUE(opening.HasNews(Failed("server_error")));
  EXPECT_TRUE(opening.IsUndelivered(Failed("server_error")));

  opening.Begin();
  EXPECT_FALSE(opening.IsUndelivered(Failed("server_error")));
}

TEST(Opening, AFaultOfTheRequestIsToldInTheStream) {
  Opening opening(true);
  EXPECT_FALSE(opening.IsUndelivered(Failed("context_length_exceeded")));
  opening.Await(1s);
  EXPECT_TRUE(opening.IsUndelivered(Failed("context_length_exceeded"))) << "it is held back anyhow";
}

TEST(Opening, TextThatIsThereGoesOutThoughItBreaksOff) {
  Output out = Failed("server_error");
  out.output_bytes = 5;
  EXPECT_FALSE(Opening(true).IsUndelivered(out));
}

TEST(Opening, ADocumentFailsAsAWhole) {
  Output out;
  EXPECT_FALSE(Opening(false).IsUndelivered(out));
  out.failure = Failure{};
  EXPECT_TRUE(Opening(false).IsUndelivered(out));
}

}  // namespace
}  // namespace wayleave::provider
