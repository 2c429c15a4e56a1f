#include "provider-service/dropped_labels.h"

#include <gtest/gtest.h>

#include <string>

namespace wayleave::provider {
namespace {

std::string Labels(std::string_view dropped) {
  const DroppedLabels labels = LabelsOfDropped(dropped);
  return std::string(labels.kind) + " " + labels.name;
}

TEST(DroppedLabels, AreOfClosedLists) {
  EXPECT_EQ(Labels("tool:web_search"), "tool web_search");
  EXPECT_EQ(Labels("item:web_search_call"), "item web_search_call");
  EXPECT_EQ(Labels("part:input_file"), "part input_file");
  EXPECT_EQ(Labels("field:seed"), "field seed");
}

TEST(DroppedLabels, TheVersionOfAToolDoesNotMatter) {
  EXPECT_EQ(Labels("tool:web_search_20250305"), "tool web_search");
  EXPECT_EQ(Labels("tool:_20250305"), "tool other");
  EXPECT_EQ(Labels("tool:web_search_2025030x"), "tool other");
}

TEST(DroppedLabels, WhatAClientThoughtOfIsOther) {
  EXPECT_EQ(Labels("tool:my secret"), "tool other");
  EXPECT_EQ(Labels("item:"), "item other");
  EXPECT_EQ(Labels("item:seed"), "item other");
  EXPECT_EQ(Labels("nonsense:seed"), "other other");
  EXPECT_EQ(Labels("tool"), "other other");
  EXPECT_EQ(Labels(""), "other other");
}

}  // namespace
}  // namespace wayleave::provider
