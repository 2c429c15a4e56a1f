#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kConfig[] = R"(
providers: {a: {}, b: {}, c: {}}
targets:
  b/able: {tools: true, images: true, reasoning: true, context_window: 100000}
  b/no-*: {tools: false, images: false, reasoning: false, context_window: 1000}
models:
  both: [a/told, b/able]
  first: [b/able, a/told]
  told: [a/told]
  thin: [b/no-thing]
  unknown: [c/x]
  mixed: [b/no-thing, a/told, c/x]
)";

// a/told says of itself that it can do nothing in a window of 8,000 tokens.
std::shared_ptr<const Snapshot> Told() {
  auto discovered = std::make_shared<Discovered>();
  provider::v1::UpstreamModel model;
  model.set_id("told");
  model.set_tools(false);
  model.set_images(false);
  model.set_reasoning(false);
  model.set_context_window(8000);
  (*discovered)["a"] = {model};
  return std::make_shared<Snapshot>(1, std::make_shared<RoutingConfig>(Configured(kConfig)), discovered);
}

struct Needs {
  bool tools = false, images = false, reasoning = false;
  std::int64_t input_tokens = 0;
};

v1::RouteRequest Needing(const std::string& model, const Needs& needs) {
  v1::RouteRequest request = RequestOf({model});
  request.mutable_needs()->set_tools(needs.tools);
  request.mutable_needs()->set_images(needs.images);
  request.mutable_needs()->set_reasoning(needs.reasoning);
  request.set_input_tokens(needs.input_tokens);
  return request;
}

std::vector<std::string> Over(const v1::RouteResponse& response) {
  std::vector<std::string> over;
  for (const auto& one : response.passed_over()) over.push_back(one.provider() + "/" + one.model() + ": " + one.why());
  return over;
}

std::string Targets(const Result<Decision>& decision) {
  if (!decision) return decision.error().reason;
  std::string names;
  for (const v1::Target& target : decision->response.targets()) names += target.provider() + "/" + target.model() + " ";
  return names;
}

class Fitness : public ::testing::Test {
 protected:
  Result<Decision> Decided(const std::string& model, const Needs& needs) const {
    return Decide(Needing(model, needs), *snapshot_);
  }
  const std::shared_ptr<const Snapshot> snapshot_ = Told();
};

TEST_F(Fitness, WhoCantIsNeverChosen) {
  struct {
    Needs needs;
    const char* targets;
    const char* why;
  } const table[] = {{{}, "a/told b/able ", nullptr},
                     {{.tools = true}, "b/able ", "a/told: it can't use tools"},
                     {{.images = true}, "b/able ", "a/told: it can't read images"},
                     {{.reasoning = true}, "b/able ", "a/told: it does not reason"},
                     {{.input_tokens = 8000}, "a/told b/able ", nullptr},
                     {{.input_tokens = 8001},
                      "b/able ",
                      "a/told: its context window of 8000 tokens is too small for about 8001"},
                     {{.tools = true, .reasoning = true}, "b/able ", "a/told: it can't use tools; it does not reason"}};
  for (const auto& row : table) {
    const auto decision = Decided("both", row.needs);
    EXPECT_EQ(Targets(decision), row.targets);
    if (row.why) {
      EXPECT_THAT(Over(decision->response), ElementsAre(row.why));
    } else {
      EXPECT_THAT(Over(decision->response), IsEmpty());
    }
  }
}

TEST_F(Fitness, UnknownCountsAsAble) {
  EXPECT_EQ(Targets(Decided("unknown", {true, true, true, 10'000'000})), "c/x ");
  EXPECT_EQ(Targets(Decided("mixed", {.tools = true})), "c/x ");
}

TEST_F(Fitness, ConfigurationGoesBeforeWhatProvidersTell) {
  auto discovered = std::make_shared<Discovered>();
  provider::v1::UpstreamModel model;
  model.set_id("m");
  model.set_tools(false);
  (*discovered)["a"] = {model};
  const Snapshot snapshot(1, std::make_shared<RoutingConfig>(Configured("providers: {a: {}}\ntargets: {a/m: {tools: true}}")),
                          discovered);
  EXPECT_EQ(Targets(Decide(Needing("m", {.tools = true}), snapshot)), "a/m ");
}

TEST_F(Fitness, MissingAbilitiesAreNamedInTheRefusal) {
  const auto decision = Decided("thin", {.tools = true, .images = true});
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, Code::kInvalidArgument);
  EXPECT_EQ(decision.error().reason, "invalid_prompt");
  EXPECT_EQ(decision.error().message,
            "The request needs tools, images, and no model that could serve it is able: b/no-thing (it can't use tools; "
            "it can't read images). Name another model, or leave that out.");
}

// Codex then compacts the conversation.
TEST_F(Fitness, ATooLongConversationIsRefusedAsSuch) {
  const auto decision = Decided("told", {.input_tokens = 100'000});
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, Code::kInvalidArgument);
  EXPECT_EQ(decision.error().reason, "context_length_exceeded");
  EXPECT_THAT(decision.error().message, HasSubstr("about 100000 input tokens"));
  EXPECT_THAT(decision.error().message, HasSubstr("the largest takes 8000."));
}

// Of two, one can't use tools whatever its window, and the other could if the conversation were shorter.
TEST_F(Fitness, ShorteningHelpsIfTheWindowIsAllThatIsLacking) {
  const auto decision = Decided("both", {.tools = true, .input_tokens = 300'000});
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().reason, "context_length_exceeded");
  EXPECT_THAT(decision.error().message, HasSubstr("the largest takes 100000."));
}

TEST_F(Fitness, ARoughCountRefusesNobodyWhoMayYetFit) {
  EXPECT_EQ(Targets(Decided("told", {.input_tokens = 16'001})), "a/told ");
  EXPECT_EQ(Targets(Decided("told", {.input_tokens = 16'002})), "context_length_exceeded");
  EXPECT_EQ(Targets(Decided("first", {.input_tokens = 150'000})), "b/able ");
  EXPECT_EQ(Targets(Decide(Needing("first", {.images = true, .input_tokens = 9'000'000}), *snapshot_)), "b/able ");
}

TEST_F(Fitness, AWishToReasonIsRefusedOnlyByTheOperator) {
  EXPECT_EQ(Targets(Decided("told", {.reasoning = true})), "a/told ");
  EXPECT_EQ(Targets(Decided("thin", {.reasoning = true})), "invalid_prompt");
}

TEST_F(Fitness, CountsAndVectorsNeedNoWindow) {
  for (const auto endpoint : {provider::v1::ENDPOINT_EMBEDDINGS, provider::v1::ENDPOINT_COUNT_TOKENS}) {
    v1::RouteRequest request = Needing("thin", {.tools = true, .input_tokens = 1'000'000});
    request.set_endpoint(endpoint);
    EXPECT_EQ(Targets(Decide(request, *snapshot_)), "b/no-thing ");
  }
}

TEST_F(Fitness, IsToldInTheSteps) {
  std::vector<v1::Step> steps;
  ASSERT_TRUE(Decide(Needing("both", {.tools = true}), *snapshot_, &steps));
  ASSERT_GE(steps.size(), 2u);
  EXPECT_EQ(steps[steps.size() - 2].rule(), "fitness");
  EXPECT_EQ(steps[steps.size() - 2].reason(), "a/told is passed over: it can't use tools");
  EXPECT_EQ(steps.back().rule(), "order");
  EXPECT_THAT(steps.back().reason(), HasSubstr("b/able"));

  steps.clear();
  ASSERT_FALSE(Decide(Needing("thin", {.tools = true}), *snapshot_, &steps));
  EXPECT_EQ(steps.back().rule(), "fitness");
  EXPECT_THAT(steps.back().reason(), HasSubstr("refused: The request needs tools"));
}

}  // namespace
}  // namespace wayleave::router
