#include "provider-service/dialect/messages/model.h"

#include <algorithm>
#include <array>

namespace wayleave::provider {
namespace {

using Thinking = MessagesQuirks::Thinking;
using Unasked = MessagesModel::Unasked;

struct Row {
  std::string_view part;  // of the name
  MessagesModel model;
};

constexpr MessagesModel Old(Thinking thinking, bool structured_outputs, std::int64_t most_output) {
  return {thinking, Unasked::kSilent, false, true, structured_outputs, most_output};
}

constexpr MessagesModel New(Unasked unasked) { return {Thinking::kAdaptive, unasked, true, false, true, 128000}; }

// The first that fits. What is not listed is newer than this table.
constexpr std::array kRows = {
    Row{"claude-3-7", Old(Thinking::kBudget, false, 64000)},
    Row{"claude-3-5", Old(Thinking::kNone, false, 8192)},
    Row{"claude-3", Old(Thinking::kNone, false, 4096)},
    Row{"claude-opus-4-5", Old(Thinking::kBudget, true, 64000)},
    Row{"claude-sonnet-4-5", Old(Thinking::kBudget, true, 64000)},
    Row{"claude-haiku-4-5", Old(Thinking::kBudget, true, 64000)},
    Row{"claude-opus-4-6", Old(Thinking::kAdaptive, true, 128000)},
    Row{"claude-sonnet-4-6", Old(Thinking::kAdaptive, true, 128000)},
    Row{"claude-opus-4-7", New(Unasked::kSilent)},
    Row{"claude-opus-4-8", New(Unasked::kSilent)},
    Row{"claude-opus-4", Old(Thinking::kBudget, false, 32000)},
    Row{"claude-sonnet-4", Old(Thinking::kBudget, false, 64000)},
    Row{"claude-opus-5-5", New(Unasked::kAlwaysThinks)},
    Row{"claude-opus-5", New(Unasked::kThinks)},
    Row{"claude-sonnet-5", New(Unasked::kThinks)},
    Row{"claude-", New(Unasked::kAlwaysThinks)},
};

}  // namespace

MessagesModel MessagesModelOf(std::string_view name) {
  const auto fits = [&](const Row& row) { return name.find(row.part) != std::string_view::npos; };
  const auto* row = std::find_if(kRows.begin(), kRows.end(), fits);
  return row == kRows.end() ? MessagesModel{} : row->model;
}

}  // namespace wayleave::provider
