#include "gateway/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace wayleave::gateway {
namespace {

using nlohmann::json;
using router::v1::ListModelsResponse;
using router::v1::Model;

ListModelsResponse TwoModels() {
  ListModelsResponse models;
  Model& big = *models.add_models();
  big.set_id("big");
  big.set_display_name("Big");
  big.set_description("A big one");
  big.set_owned_by("alpha");
  big.set_context_window(200000);
  big.add_reasoning_levels("low");
  big.add_reasoning_levels("high");
  big.set_default_reasoning_level("low");
  big.set_images(true);
  big.add_aliases("large");
  big.mutable_created_at()->set_seconds(1'700'000'000);
  Model& small = *models.add_models();
  small.set_id("ns/small:8b");
  small.set_owned_by("beta");
  small.set_context_window(32768);
  return models;
}

TEST(CatalogueTest, IsOpenAisList) {
  const json list = json::parse(RenderModels(TwoModels()));

  EXPECT_EQ(list.at("object"), "list");
  ASSERT_EQ(list.at("data").size(), 2u);
  EXPECT_EQ(list.at("data")[0],
            (json{{"id", "big"}, {"object", "model"}, {"created", 1'700'000'000}, {"owned_by", "alpha"}}));
  EXPECT_EQ(list.at("data")[1].at("id"), "ns/small:8b");
}

TEST(CatalogueTest, IsCodexsCatalogueInTheSameOrder) {
  const json models = json::parse(RenderModels(TwoModels())).at("models");

  ASSERT_EQ(models.size(), 3u);  // and the alias
  EXPECT_EQ(models[0].at("slug"), "big");
  EXPECT_EQ(models[0].at("priority"), 1);
  EXPECT_EQ(models[1].at("priority"), 2);
  EXPECT_EQ(models[0].at("supported_reasoning_levels")[1].at("effort"), "high");
  EXPECT_EQ(models[0].at("default_reasoning_level"), "low");
  EXPECT_EQ(models[0].at("context_window"), 200000);
  EXPECT_EQ(models[0].at("input_modalities"), (json{"text", "image"}));
  EXPECT_EQ(models[1].at("input_modalities"), (json{"text"}));
  EXPECT_EQ(models[1].at("display_name"), "ns/small:8b");
}

// Codex drops the whole list for one entry that lacks a field which it does not default.
TEST(CatalogueTest, EveryEntryIsCompleteHoweverLittleIsKnown) {
  ListModelsResponse models;
  models.add_models()->set_id("bare");

  const json entry = json::parse(RenderModels(models)).at("models")[0];

  for (const char* field :
       {"slug", "display_name", "description", "supported_reasoning_levels", "shell_type", "visibility",
        "supported_in_api", "priority", "support_verbosity", "truncation_policy", "experimental_supported_tools",
        "base_instructions", "apply_patch_tool_type", "input_modalities"}) {
    EXPECT_TRUE(entry.contains(field)) << field;
  }
  EXPECT_TRUE(entry.at("supported_reasoning_levels").is_array());
  EXPECT_FALSE(entry.contains("context_window"));
  EXPECT_FALSE(entry.contains("default_reasoning_level"));
  EXPECT_FALSE(entry.contains("multi_agent_version"));
}

TEST(CatalogueTest, SmallWindowsAreSparedTheSubAgentTools) {
  const json models = json::parse(RenderModels(TwoModels())).at("models");

  EXPECT_FALSE(models[0].contains("multi_agent_version"));
  EXPECT_EQ(models[1].at("multi_agent_version"), "disabled");
}

TEST(CatalogueTest, NoModelsAreEmptyLists) {
  const json list = json::parse(RenderModels({}));

  EXPECT_EQ(list.at("data"), json::array());
  EXPECT_EQ(list.at("models"), json::array());
}

TEST(CatalogueTest, AModelIsFoundByItsIdAndByItsAliasUnderTheNameThatWasAskedFor) {
  EXPECT_EQ(json::parse(*RenderModel(TwoModels(), "big")).at("id"), "big");
  EXPECT_EQ(json::parse(*RenderModel(TwoModels(), "ns/small:8b")).at("owned_by"), "beta");
  EXPECT_EQ(json::parse(*RenderModel(TwoModels(), "large")).at("id"), "large");
  EXPECT_FALSE(RenderModel(TwoModels(), "bigger"));
  EXPECT_FALSE(RenderModel(TwoModels(), ""));
}

TEST(CatalogueTest, CodexKnowsAnAliasButDoesNotShowIt) {
  const json models = json::parse(RenderModels(TwoModels())).at("models");

  EXPECT_EQ(models[0].at("visibility"), "list");
  EXPECT_EQ(models[2].at("slug"), "large");
  EXPECT_EQ(models[2].at("visibility"), "hide");
  EXPECT_EQ(models[2].at("context_window"), 200000);
}

TEST(CatalogueTest, TheConfigurationSaysWhichToolsCodexOffers) {
  ListModelsResponse models;
  Model& model = *models.add_models();
  model.set_id("m");
  model.set_apply_patch("none");
  model.set_tool_search(true);
  model.set_multi_agent("v2");
  model.set_context_window(8192);
  Model& plain = *models.add_models();
  plain.set_id("p");
  plain.set_apply_patch("freeform");

  const json entries = json::parse(RenderModels(models)).at("models");

  EXPECT_FALSE(entries[0].contains("apply_patch_tool_type"));
  EXPECT_EQ(entries[0].at("supports_search_tool"), true);
  EXPECT_EQ(entries[0].at("multi_agent_version"), "v2");
  EXPECT_EQ(entries[1].at("apply_patch_tool_type"), "freeform");
  EXPECT_EQ(entries[1].at("supports_search_tool"), false);
}

TEST(CatalogueTest, AgentsAreNotShownModelsForEmbeddings) {
  ListModelsResponse models = TwoModels();
  models.mutable_models(0)->set_no_conversations(true);

  const json list = json::parse(RenderModels(models));

  EXPECT_EQ(list.at("data").size(), 2u);
  ASSERT_EQ(list.at("models").size(), 1u);
  EXPECT_EQ(list.at("models")[0].at("slug"), "ns/small:8b");
  EXPECT_EQ(json::parse(RenderMessagesModels(models)).at("first_id"), "ns/small:8b");
}

TEST(CatalogueTest, IsAnthropicsListInOnePage) {
  const json list = json::parse(RenderMessagesModels(TwoModels()));

  EXPECT_EQ(list.at("data")[0],
            (json{{"type", "model"}, {"id", "big"}, {"display_name", "Big"}, {"created_at", "2023-11-14T22:13:20Z"}}));
  EXPECT_EQ(list.at("data")[1].at("display_name"), "ns/small:8b");
  EXPECT_EQ(list.at("has_more"), false);
  EXPECT_EQ(list.at("first_id"), "big");
  EXPECT_EQ(list.at("last_id"), "ns/small:8b");

  const json empty = json::parse(RenderMessagesModels({}));
  EXPECT_EQ(empty.at("data"), json::array());
  EXPECT_EQ(empty.at("first_id"), nullptr);
  EXPECT_EQ(json::parse(*RenderMessagesModel(TwoModels(), "large")).at("id"), "large");
  EXPECT_FALSE(RenderMessagesModel(TwoModels(), "bigger"));
}

TEST(CatalogueTest, TheTwoListsHaveTheirOwnEntityTags) {
  EXPECT_EQ(ListEtag("e1"), ListEtag("e1"));
  EXPECT_NE(ListEtag("e1"), ListEtag("e2"));
  EXPECT_NE(ListEtag("e1"), MessagesListEtag("e1"));
  EXPECT_TRUE(ListEtag("e1").starts_with("\"e1-"));
  EXPECT_TRUE(ListEtag("e1").ends_with("\""));
}

}  // namespace
}  // namespace wayleave::gateway
