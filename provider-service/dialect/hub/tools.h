#pragma once

// For the .cc files of the dialects only.

#include <string>
#include <vector>

#include "provider-service/dialect/hub/tool_table.h"
#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {

// A tool that the model may call, as any dialect of functions can say it.
struct Tool {
  std::string name;  // flat
  std::string description;
  Json parameters;  // a JSON Schema of an object
};

// Which tools the model must or may call.
struct ToolChoice {
  enum class Kind { kUnsaid, kAuto, kNone, kRequired, kOne };
  Kind kind = Kind::kUnsaid;
  std::string name;  // flat; with kOne
};

// The tools of a Responses request, wherever they stand in it: the list of tools, additional_tools, what a tool search
// loaded. Namespaces are flattened, freeform tools become functions of one string, hosted tools are dropped. Fills the
// table with what is declared.
std::vector<Tool> ReadTools(const Json& request, ToolTable& table, Dropped& dropped);

// Its tool_choice.
ToolChoice ReadToolChoice(const Json& tool_choice, const ToolTable& table);

}  // namespace wayleave::provider
