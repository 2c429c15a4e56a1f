#include "provider-service/dropped_labels.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

namespace wayleave::provider {
namespace {

constexpr char kOther[] = "other";

constexpr std::array kItems = {"reasoning",          "item_reference",        "compaction",
                               "web_search_call",    "file_search_call",      "image_generation_call",
                               "computer_call",      "computer_call_output",  "code_interpreter_call",
                               "mcp_call",           "mcp_list_tools",        "mcp_approval_request",
                               "mcp_approval_response", "shell_call",         "shell_call_output",
                               "apply_patch_call",   "apply_patch_call_output"};

// Without the dates that Anthropic's have at their end.
constexpr std::array kTools = {"web_search",  "web_search_preview", "web_fetch",         "file_search",
                               "computer",    "code_interpreter",   "code_execution",    "computer_use_preview",
                               "mcp",         "mcp_toolset",        "image_generation",  "local_shell",
                               "shell",       "bash",               "text_editor",       "apply_patch",
                               "memory",      "tool_search",        "tool_search_tool_regex", "tool_search_tool_bm25",
                               "function",    "custom",             "namespace"};

constexpr std::array kParts = {"input_image", "input_file", "input_audio", "image_url", "image", "file", "document",
                               "audio"};

constexpr std::array kFields = {"stop",  "seed",       "presence_penalty", "frequency_penalty", "temperature",
                                "top_p", "top_k",      "min_p",            "audio",             "logit_bias",
                                "logprobs", "top_logprobs", "prediction",  "web_search_options"};

struct Kind {
  const char* name;
  std::span<const char* const> known;
};
constexpr std::array kKinds = {Kind{"item", kItems}, Kind{"tool", kTools}, Kind{"part", kParts},
                               Kind{"field", kFields}};

std::string_view WithoutDate(std::string_view name) {
  constexpr std::size_t kDate = 9;  // _20250305
  if (name.size() <= kDate || name[name.size() - kDate] != '_') return name;
  const std::string_view digits = name.substr(name.size() - kDate + 1);
  const bool date = std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c); });
  return date ? name.substr(0, name.size() - kDate) : name;
}

}  // namespace

DroppedLabels LabelsOfDropped(std::string_view dropped) {
  const std::size_t colon = std::min(dropped.find(':'), dropped.size());
  const std::string_view word = dropped.substr(0, colon);
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& one) { return one.name == word; });
  if (kind == kKinds.end() || colon == dropped.size()) return {kOther, kOther};
  const std::string_view name = WithoutDate(dropped.substr(colon + 1));
  const auto known = std::find(kind->known.begin(), kind->known.end(), name);
  return {kind->name, known == kind->known.end() ? kOther : *known};
}

}  // namespace wayleave::provider
