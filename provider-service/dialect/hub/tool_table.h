#pragma once

#include <map>
#include <string>
#include <string_view>

namespace wayleave::provider {

// A tool as a Responses client names it.
struct ToolName {
  enum class Kind { kFunction, kCustom, kToolSearch };
  Kind kind = Kind::kFunction;
  std::string name;
  std::string space;  // the namespace; empty for none

  auto operator<=>(const ToolName&) const = default;
};

// The names of one request's tools, on both sides: Chat Completions knows only flat names of letters, digits, '_' and
// '-', at most 64. The same tools in the same order get the same names. A plain value; not thread-safe.
class ToolTable {
 public:
  // The flat name; one is made for a tool not seen before.
  const std::string& Flat(const ToolName& tool);

  // The tool stands in the request's list of tools, and is not only known from earlier calls. False if it did already.
  bool Declare(const ToolName& tool);
  bool Declared(const ToolName& tool) const;

  // The tool behind a flat name, or nullptr if the model made it up.
  const ToolName* Find(std::string_view flat) const;

  // The flat name of the declared tool that the client calls so, of whatever kind; empty if there is none.
  std::string FlatOf(std::string_view name, std::string_view space) const;

 private:
  struct Entry {
    std::string flat;
    bool declared = false;
  };
  Entry& At(const ToolName& tool);
  std::string NewName(const ToolName& tool) const;

  std::map<ToolName, Entry> by_tool_;
  std::map<std::string, ToolName, std::less<>> by_flat_;
};

}  // namespace wayleave::provider
