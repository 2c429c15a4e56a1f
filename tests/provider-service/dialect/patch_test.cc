#include "provider-service/dialect/hub/patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/hub/patch_call.h"
#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"

namespace wayleave::provider {
namespace {

using testing::Golden;
using State = PatchCheck::State;
using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

const Golden& Patches() {
  static const Golden golden("patches");
  return golden;
}

std::string Told(const PatchCheck& check) {
  switch (check.state) {
    case State::kGood:
      return "good\n";
    case State::kRepaired:
      return "repaired\n" + check.text + "\n";
    case State::kBroken:
      break;
  }
  return "broken at line " + std::to_string(check.line) + " \"" + check.quoted + "\"\n" + check.reason + "\n";
}

class PatchGolden : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string text_ = Patches().Read(GetParam() + ".patch");
};

TEST_P(PatchGolden, IsChecked) { Patches().Expect(GetParam() + ".checked", Told(CheckPatch(text_))); }

TEST_P(PatchGolden, IsGoodOnceRepaired) {
  const PatchCheck check = CheckPatch(text_);
  if (check.state == State::kBroken) return;
  EXPECT_EQ(CheckPatch(check.text).state, State::kGood) << check.text;
}

TEST_P(PatchGolden, MayEndAnywhere) {
  for (std::size_t size = 0; size <= text_.size(); ++size) {
    const PatchCheck check = CheckPatch(std::string_view(text_).substr(0, size));
    if (check.state == State::kBroken) {
      EXPECT_GT(check.line, 0);
      EXPECT_NE(check.reason, "");
    } else {
      EXPECT_EQ(CheckPatch(check.text).state, State::kGood) << check.text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, PatchGolden, ::testing::ValuesIn(Patches().Cases(".patch")),
                         [](const auto& golden) { return golden.param; });

constexpr char kPatch[] = "*** Begin Patch\n*** Add File: n.txt\n+x\n*** End Patch";

CallItem Call(CallItem::Kind kind, const std::string& name, std::string payload) {
  CallItem call{kind, "id", name, "", std::move(payload)};
  CheckPatchIn(call);
  return call;
}

TEST(PatchInACall, IsTheInputOfAFreeformTool) {
  const CallItem call = Call(CallItem::Kind::kCustom, "apply_patch", "```\n" + std::string(kPatch) + "\n```");

  EXPECT_EQ(call.payload, kPatch);
  EXPECT_EQ(call.patch, CallItem::Patch::kRepaired);
}

TEST(PatchInACall, IsAnArgumentOfAFunction) {
  for (const char* name : {"input", "patch", "patchText"}) {
    const Json arguments = {{"other", 1}, {name, "```\n" + std::string(kPatch) + "\n```"}};
    const CallItem call = Call(CallItem::Kind::kFunction, "apply_patch", arguments.dump());

    EXPECT_EQ(Json::parse(call.payload), (Json{{"other", 1}, {name, kPatch}}));
  }
}

TEST(PatchInACall, IsAHereDocumentInAShellCommand) {
  const std::string broken = "***Begin Patch\n*** Add File: n.txt\nx\n***End Patch";
  for (const char* head : {"apply_patch <<'EOF'\n", "cd src && apply_patch <<EOF\n"}) {
    const Json arguments = {{"cmd", head + broken + "\nEOF\n"}, {"workdir", "/"}};
    const CallItem call = Call(CallItem::Kind::kFunction, "exec_command", arguments.dump());

    EXPECT_EQ(Json::parse(call.payload), (Json{{"cmd", head + std::string(kPatch) + "\nEOF\n"}, {"workdir", "/"}}));
    EXPECT_EQ(call.patch, CallItem::Patch::kRepaired);
  }
}

TEST(PatchInACall, IsLeftAloneWhereItIsGoodOrBeyondRepair) {
  for (const char* patch : {kPatch, "*** Begin Patch\n*** Rename File: x\n*** End Patch"}) {
    EXPECT_EQ(Call(CallItem::Kind::kCustom, "apply_patch", patch).payload, patch);
  }
}

TEST(PatchInACall, IsNotLookedForElsewhere) {
  for (const char* payload : {R"({"cmd":"ls"})", R"({"cmd":"apply_patch <<EOF"})", R"({"cmd":"apply_patch <<EOF\nx"})",
                              R"({"cmd":"ls; apply_patch <<EOF\nx\nEOF"})", R"({"cmd":7})", "not json", ""}) {
    const CallItem call = Call(CallItem::Kind::kFunction, "exec_command", payload);
    EXPECT_EQ(call.payload, payload);
    EXPECT_EQ(call.patch, CallItem::Patch::kFine) << payload;
  }
  EXPECT_EQ(Call(CallItem::Kind::kCustom, "exec", "```\nx\n```").payload, "```\nx\n```");
}

Json Conversation(const std::string& patch, const std::string& output) {
  return {{"input",
           {{{"role", "user"}, {"content", "hi"}},
            {{"type", "custom_tool_call"}, {"call_id", "a"}, {"name", "apply_patch"}, {"input", patch}},
            {{"type", "custom_tool_call_output"}, {"call_id", "a"}, {"output", output}}}},
          {"tools", {{{"type", "custom"}, {"name", "apply_patch"}}}}};
}

std::string ToolMessage(const Json& request) {
  TranslateOptions options;
  auto call = Translate(request.dump(), options);
  return Json::parse(call->body)["messages"].back()["content"];
}

// What happened (openai/codex#35361): the model sent the same patch again and again, as the error told it nothing.
TEST(BrokenPatch, IsExplainedToTheModelWithTheOutputOfItsCall) {
  const std::string patch = "*** Begin Patch\n*** Update File: a.txt\n*** End Patch";
  const Json request = Conversation(patch, "apply_patch verification failed: invalid hunk at line 2");

  const std::string told = ToolMessage(request);

  EXPECT_THAT(told, HasSubstr("apply_patch verification failed"));
  EXPECT_THAT(told, HasSubstr("Line 2, \"*** Update File: a.txt\": This file's part has no changed lines."));
  EXPECT_THAT(told, HasSubstr("*** Begin Patch\n*** Update File: path/of/a/file\n@@\n"));
  EXPECT_EQ(told, ToolMessage(request));
}

TEST(BrokenPatch, IsNotExplainedWhereTheClientAppliedIt) {
  const std::string patch = "*** Begin Patch\n*** Update File: a.txt\n*** End Patch";

  EXPECT_THAT(ToolMessage(Conversation(patch, "Success. Updated the following files:\nM a.txt\n")),
              Not(HasSubstr("malformed")));
}

TEST(GoodPatch, ThatDoesNotFitItsFileIsTheClientsToExplain) {
  const std::string error = "apply_patch verification failed: Failed to find expected lines in a.txt";

  EXPECT_EQ(ToolMessage(Conversation(kPatch, error)), error);
}

TEST(Patch, IsRepairedOnItsWayToTheClientAndCounted) {
  const Json request = Conversation(kPatch, "Success.");
  const Json arguments = {{"input", "```\n" + std::string(kPatch) + "\n```"}};
  const Json function = {{"name", "apply_patch"}, {"arguments", arguments.dump()}};
  const Json call = {{"index", 0}, {"id", "c"}, {"function", function}};
  const Json chunk = {{"choices", {{{"delta", {{"tool_calls", {call}}}}, {"finish_reason", "tool_calls"}}}}};
  auto translation = Translate(request.dump(), TranslateOptions{});
  Output out;

  translation->reply->Feed("data: " + chunk.dump() + "\n\ndata: [DONE]\n\n", out);

  EXPECT_THAT(out.bytes, HasSubstr("\"input\":\"*** Begin Patch\\n*** Add File: n.txt\\n+x\\n*** End Patch\""));
  EXPECT_EQ(out.repaired_patches, 1u);
  EXPECT_EQ(out.broken_patches, 0u);
}

}  // namespace
}  // namespace wayleave::provider
