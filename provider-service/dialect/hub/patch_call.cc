#include "provider-service/dialect/hub/patch_call.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include "provider-service/dialect/hub/patch.h"
#include "provider-service/dialect/hub/patch_lines.h"
#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {
namespace {

using State = PatchCheck::State;

// `apply_patch <<'EOF'`, the patch, `EOF`: what stands before and behind the patch.
struct HereDocument {
  std::string_view head;
  std::string_view body;
  std::string_view tail;
};

// The mark behind <<, which must stand alone in the last line.
std::string_view MarkOf(std::string_view head) {
  std::string_view mark = head.substr(std::min(head.find("<<") + 2, head.size()));
  mark = Trimmed(mark);
  if (mark.size() > 2 && (mark[0] == '\'' || mark[0] == '"') && mark.back() == mark[0]) {
    mark = mark.substr(1, mark.size() - 2);
  }
  return mark;
}

std::optional<HereDocument> HereDocumentIn(std::string_view command) {
  const std::size_t head_end = command.find('\n');
  if (head_end == std::string_view::npos) return std::nullopt;
  const std::string_view head = command.substr(0, head_end + 1);
  const std::string_view words = Trimmed(head);
  const bool patches = words.starts_with("apply_patch <<") || words.starts_with("cd ");
  if (!patches || words.find("apply_patch <<") == std::string_view::npos) return std::nullopt;
  const std::string_view rest = command.substr(head_end + 1);
  const std::string_view mark = MarkOf(words);
  const std::size_t last = rest.substr(0, rest.find_last_not_of(" \t\r\n") + 1).rfind('\n');
  if (mark.empty() || last == std::string_view::npos || Trimmed(rest.substr(last + 1)) != mark) return std::nullopt;
  return HereDocument{head, rest.substr(0, last), rest.substr(last)};
}

PatchCheck CheckCommand(std::string& command) {
  const auto document = HereDocumentIn(command);
  if (!document) return {};
  PatchCheck check = CheckPatch(document->body);
  if (check.state == State::kRepaired) {
    command = std::string(document->head).append(check.text).append(document->tail);
  }
  return check;
}

PatchCheck CheckText(std::string& text) {
  PatchCheck check = CheckPatch(text);
  if (check.state == State::kRepaired) text = check.text;
  return check;
}

// The patch is the one text among the arguments.
PatchCheck CheckMember(CallItem& call, std::initializer_list<const char*> names, PatchCheck (*check)(std::string&)) {
  Json arguments = Json::parse(call.payload, nullptr, false);
  for (const char* name : names) {
    if (!At(arguments, name).is_string()) continue;
    std::string text = TextAt(arguments, name);
    PatchCheck checked = check(text);
    if (checked.state == State::kRepaired) {
      arguments[name] = std::move(text);
      call.payload = Dumped(arguments);
    }
    return checked;
  }
  return {};
}

PatchCheck Check(CallItem& call) {
  if (call.kind == CallItem::Kind::kToolSearch || call.payload.empty()) return {};
  const bool patches = call.name == "apply_patch";
  if (patches && call.kind == CallItem::Kind::kCustom) return CheckText(call.payload);
  if (patches) return CheckMember(call, {"input", "patch", "patchText"}, CheckText);
  if (call.name != "exec_command" || call.payload.find("apply_patch <<") == std::string::npos) return {};
  return CheckMember(call, {"cmd"}, CheckCommand);
}

}  // namespace

void CheckPatchIn(CallItem& call) {
  switch (Check(call).state) {
    case State::kGood:
      call.patch = CallItem::Patch::kFine;
      break;
    case State::kRepaired:
      call.patch = CallItem::Patch::kRepaired;
      break;
    case State::kBroken:
      call.patch = CallItem::Patch::kBroken;
      break;
  }
}

std::string PatchAdviceFor(CallItem call) {
  const PatchCheck check = Check(call);
  return check.state == State::kBroken ? PatchAdvice(check) : "";
}

bool PatchApplied(const std::string& output) { return output.find("Success") != std::string::npos; }

}  // namespace wayleave::provider
