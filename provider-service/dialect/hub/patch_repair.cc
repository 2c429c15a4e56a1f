#include "provider-service/dialect/hub/patch_repair.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "provider-service/dialect/hub/patch_lines.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/json_text.h"

namespace wayleave::provider {
namespace {

using element = JsonElement;

// --- What it is wrapped in

// Line ends within strings, which models forget to escape.
std::string WithEscapedControls(std::string_view json) {
  std::string escaped;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string && static_cast<unsigned char>(c) < 0x20) {
      AppendEscaped(escaped, json.substr(i, 1));
      continue;
    }
    escaped += c;
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\' && i + 1 < json.size()) escaped += json[++i];
  }
  return escaped;
}

// {"patch": …}, {"command": ["apply_patch", …]} and the like; a list means its last text, any other object the text
// that is a patch.
std::string_view TextWithin(const element& value) {
  std::string_view text;
  if (!value.get(text)) return text;
  simdjson::dom::array list;
  if (!value.get(list)) {
    for (const element item : list) text = Text(JsonLookup(element(item)));
    return text;
  }
  for (const char* key : {"input", "patch", "command", "cmd"}) {
    element member;
    if (value.is_object() && !value[key].get(member)) return TextWithin(member);
  }
  simdjson::dom::object object;
  if (value.get(object)) return {};
  for (const auto member : object) {
    if (!member.value.get(text) && text.find(kBeginPatch) != std::string_view::npos) return text;
  }
  return {};
}

bool Unwrap(std::string& text) {
  const auto trimmed = Trimmed(text);
  if (trimmed.empty() || (trimmed[0] != '{' && trimmed[0] != '[' && trimmed[0] != '"')) return false;
  simdjson::dom::parser parser;
  element value;
  std::string within;
  if (ReadJson(parser, trimmed, value) || ReadJson(parser, WithEscapedControls(trimmed), value)) {
    within = TextWithin(value);
  }
  if (within.empty()) return false;
  text = std::move(within);
  return true;
}

// A patch in one line has had its line ends escaped once too often.
void Unescape(std::string& text) {
  if (text.find('\n') != std::string::npos || text.find("\\n") == std::string::npos) return;
  simdjson::dom::parser parser;
  element value;
  if (ReadJson(parser, "\"" + text + "\"", value)) text = Text(JsonLookup(element(value)));
}

// --- What stands before and behind

bool IsFence(std::string_view line) { return Trimmed(line).starts_with("```"); }

// Commands change what paths mean.
bool IsCommand(std::string_view line) {
  return Trimmed(line).starts_with("cd ") || line.find("&&") != std::string_view::npos ||
         line.find(';') != std::string_view::npos;
}

bool MayBeDropped(PatchLines::const_iterator first, PatchLines::const_iterator last) {
  return std::none_of(first, last, [](const std::string& line) { return IsCommand(line) || IsFileMark(line); });
}

// The mark of a here document that is opened in one of these lines.
std::string HereMark(PatchLines::const_iterator first, PatchLines::const_iterator last) {
  for (; first != last; ++first) {
    const std::size_t at = first->find("<<");
    if (at == std::string::npos) continue;
    std::string mark = first->substr(at + 2);
    std::erase_if(mark, [](char c) { return c == '\'' || c == '"' || c == '-' || c == ' '; });
    return mark;
  }
  return {};
}

// From the first mark to the last; where one is missing it is put in.
void CutOut(PatchLines& lines) {
  const auto is = [](std::string_view which) {
    return [which](const std::string& line) { return IsMark(line, which); };
  };
  auto begin = std::find_if(lines.begin(), lines.end(), is(kBeginPatch));
  const bool has_begin = begin != lines.end();
  if (!has_begin) begin = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return IsFileMark(line); });
  if (begin == lines.end() || !MayBeDropped(lines.begin(), begin)) return;
  const std::string here = HereMark(lines.begin(), begin);
  lines.erase(lines.begin(), begin);
  if (!has_begin) lines.insert(lines.begin(), std::string(kBeginPatch));

  const auto end = std::find_if(lines.rbegin(), lines.rend(), is(kEndPatch)).base();
  if (end != lines.begin()) {
    if (MayBeDropped(end, lines.end())) lines.erase(end, lines.end());
    return;
  }
  while (!lines.empty() && (Trimmed(lines.back()).empty() || IsFence(lines.back()) || lines.back() == here)) {
    lines.pop_back();
  }
  lines.emplace_back(kEndPatch);
}

// As far as the first line is.
void Dedent(PatchLines& lines) {
  if (lines.empty()) return;
  const std::size_t depth = lines.front().find_first_not_of(' ');
  if (depth == 0 || depth == std::string::npos) return;
  const auto deep = [&](const std::string& line) {
    return Trimmed(line).empty() || line.find_first_not_of(' ') >= depth;
  };
  if (!std::all_of(lines.begin(), lines.end(), deep)) return;
  for (std::string& line : lines) line.erase(0, std::min(depth, line.size()));
}

// --- The lines themselves

void DropBlanksBehind(PatchLines& lines) {
  while (!lines.empty() && Trimmed(lines.back()).empty()) lines.pop_back();
}

PatchLines Added(PatchLines lines) {
  DropBlanksBehind(lines);
  if (lines.size() > 1 && lines[0] == "@@" && lines[1].starts_with('+')) lines.erase(lines.begin());
  const auto has_plus = [](const std::string& line) { return line.starts_with('+'); };
  const auto blank = [](const std::string& line) { return Trimmed(line).empty(); };
  const bool any = std::any_of(lines.begin(), lines.end(), has_plus);
  const bool all =
      std::all_of(lines.begin(), lines.end(), [&](const auto& line) { return has_plus(line) || blank(line); });
  const bool places = std::any_of(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with("@@"); });
  if ((any && !all) || places) return lines;
  for (std::string& line : lines) {
    if (!has_plus(line)) line.insert(0, "+");
  }
  return lines;
}

// The two lines that a diff of two files begins with.
void DropDiffHead(PatchLines& lines) {
  if (lines.size() > 2 && lines[0].starts_with("--- ") && lines[1].starts_with("+++ ") && lines[2].starts_with("@@")) {
    lines.erase(lines.begin(), lines.begin() + 2);
  }
}

// A line without a sign can only be an unchanged one: if it is not in the file, the patch does not apply.
PatchLines Updated(PatchLines lines) {
  DropDiffHead(lines);
  DropBlanksBehind(lines);
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("\\ No newline"); });
  for (std::string& line : lines) {
    if (line.starts_with("**") && (IsMark(line, kMoveTo) || IsMark(line, kEndOfFile))) {
      line = *Mark(line);
    } else if (!line.empty() && std::string_view(" +-@").find(line[0]) == std::string_view::npos) {
      line.insert(0, " ");
    }
  }
  return lines;
}

// In the part of an update a mark that is indented is a line of the file.
bool EndsPart(const std::string& line, std::string_view part) {
  if (part.starts_with(kUpdateFile) && !line.starts_with("**")) return false;
  return !line.starts_with('+') && (IsFileMark(line) || IsMark(line, kBeginPatch) || IsMark(line, kEndPatch));
}

PatchLines Part(const std::string& mark, PatchLines lines) {
  if (mark.starts_with(kAddFile)) return Added(std::move(lines));
  if (mark.starts_with(kUpdateFile)) return Updated(std::move(lines));
  DropBlanksBehind(lines);
  return lines;
}

// File by file. Several patches in a row become one.
PatchLines Mended(const PatchLines& lines) {
  PatchLines mended;
  for (auto line = lines.begin(); line != lines.end();) {
    const std::string mark = Mark(*line).value_or(*line);
    const auto end = std::find_if(line + 1, lines.end(), [&](const auto& l) { return EndsPart(l, mark); });
    const bool between = mark == kEndPatch && end != lines.end();
    const bool again = mark == kBeginPatch && !mended.empty();
    if (!between && !again) mended.push_back(mark);
    auto part = Part(mark, PatchLines(line + 1, end));
    std::move(part.begin(), part.end(), std::back_inserter(mended));
    line = end;
  }
  return mended;
}

}  // namespace

std::string RepairedPatch(std::string_view text) {
  std::string inner(text);
  for (int depth = 0; depth < 3 && Unwrap(inner); ++depth) continue;
  Unescape(inner);
  PatchLines lines = LinesOf(inner);
  CutOut(lines);
  Dedent(lines);
  std::string repaired = Joined(Mended(lines));
  if (repaired.ends_with('\n')) repaired.pop_back();
  return repaired;
}

}  // namespace wayleave::provider
