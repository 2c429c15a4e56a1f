#include "provider-service/dialect/hub/tool_table.h"

#include <cctype>
#include <cstdint>

namespace wayleave::provider {
namespace {

constexpr std::size_t kLongest = 64;

// FNV-1a: the same on every machine and in every process.
std::string Digest(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  std::string digits;
  for (int shift = 28; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(hash >> shift) & 15];
  return digits;
}

bool IsNameChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; }

// `functions` is the namespace that models know as the plain one.
std::string Joined(const ToolName& tool) {
  if (tool.space.empty() || tool.space == "functions") return tool.name;
  return tool.space + "__" + tool.name;
}

std::string Flattened(const ToolName& tool) {
  const std::string joined = Joined(tool);
  std::string flat = joined;
  for (char& c : flat) {
    if (!IsNameChar(c)) c = '_';
  }
  if (flat.size() <= kLongest) return flat.empty() ? "tool" : flat;
  return flat.substr(0, kLongest - 9) + "_" + Digest(joined);
}

}  // namespace

// Clients leave the namespace `functions` out of their calls as they like.
const std::string& ToolTable::Flat(const ToolName& tool) {
  if (by_tool_.contains(tool)) return At(tool).flat;
  const bool plain = tool.space.empty();
  if (!plain && tool.space != "functions") return At(tool).flat;
  const ToolName twin{tool.kind, tool.name, plain ? "functions" : ""};
  return At(by_tool_.contains(twin) ? twin : tool).flat;
}

bool ToolTable::Declare(const ToolName& tool) {
  Entry& entry = At(tool);
  const bool first = !entry.declared;
  entry.declared = true;
  return first;
}

bool ToolTable::Declared(const ToolName& tool) const {
  const auto entry = by_tool_.find(tool);
  return entry != by_tool_.end() && entry->second.declared;
}

const ToolName* ToolTable::Find(std::string_view flat) const {
  const auto entry = by_flat_.find(flat);
  return entry == by_flat_.end() ? nullptr : &entry->second;
}

std::string ToolTable::FlatOf(std::string_view name, std::string_view space) const {
  for (const auto& [tool, entry] : by_tool_) {
    if (entry.declared && tool.name == name && (space.empty() || tool.space == space)) return entry.flat;
  }
  return {};
}

ToolTable::Entry& ToolTable::At(const ToolName& tool) {
  const auto [entry, inserted] = by_tool_.try_emplace(tool);
  if (inserted) {
    entry->second.flat = NewName(tool);
    by_flat_.emplace(entry->second.flat, tool);
  }
  return entry->second;
}

std::string ToolTable::NewName(const ToolName& tool) const {
  const std::string flat = Flattened(tool);
  std::string name = flat;
  for (int copy = 2; by_flat_.contains(name); ++copy) {
    name = flat.substr(0, kLongest - 6) + "_" + std::to_string(copy);
  }
  return name;
}

}  // namespace wayleave::provider
