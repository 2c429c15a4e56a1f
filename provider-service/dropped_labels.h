#pragma once

#include <string_view>

namespace wayleave::provider {

// How a dropped part of a request is counted: labels from closed lists, as the part's own name may be any text that a
// client thought of.
struct DroppedLabels {
  const char* kind;
  const char* name;  // "other" for what is not listed
};

// `dropped` as in Translation::dropped: "tool:web_search_20250305" is {"tool", "web_search"}. Pure.
DroppedLabels LabelsOfDropped(std::string_view dropped);

}  // namespace wayleave::provider
