#include "provider-service/dialect/hub/patch.h"

#include <cctype>
#include <optional>
#include <utility>

#include "provider-service/dialect/hub/patch_lines.h"
#include "provider-service/dialect/hub/patch_repair.h"

namespace wayleave::provider {
namespace {

constexpr std::size_t kLongestQuote = 120;

struct Fault {
  std::size_t line;  // from 0
  std::string reason;
};

// Reads as Codex does (codex-rs/apply-patch, measured with 0.165, 0.166 and 0.169), with its exceptions, and refuses
// besides what Codex reads and can never find in a file.
class Parser {
 public:
  explicit Parser(PatchLines lines) : lines_(std::move(lines)) {}

  std::optional<Fault> Parse();
  const PatchLines& lines() const { return lines_; }

 private:
  bool SkipHereDocument();
  std::optional<Fault> Files();
  std::optional<Fault> AddedFile();
  std::optional<Fault> UpdatedFile();
  std::optional<Fault> Chunk(bool first);
  std::optional<Fault> ChunkHead(bool first);

  bool At(std::string_view mark) const { return Trimmed(lines_[at_]).starts_with(mark); }
  bool AtEnd() const { return at_ >= end_; }
  Fault Here(std::string reason) const { return {at_, std::move(reason)}; }

  PatchLines lines_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

std::optional<Fault> Parser::Parse() {
  end_ = lines_.size();
  if (end_ == 0) return Fault{0, "The patch is empty."};
  if (Trimmed(lines_.front()) != kBeginPatch && !SkipHereDocument()) {
    return Here("The first line must be '*** Begin Patch'.");
  }
  if (end_ - at_ < 2 || Trimmed(lines_[end_ - 1]) != kEndPatch) {
    return Fault{end_ - 1, "The last line must be '*** End Patch'."};
  }
  ++at_;
  --end_;
  if (!AtEnd() && At("*** Environment ID: ")) ++at_;
  if (AtEnd()) return Here("The patch changes no file.");
  return Files();
}

// Codex takes a here document for what is in it, if its mark is EOF.
bool Parser::SkipHereDocument() {
  const std::string& first = lines_.front();
  const bool opens = first == "<<EOF" || first == "<<'EOF'" || first == "<<\"EOF\"";
  if (!opens || !lines_.back().ends_with("EOF") || lines_.size() < 4 || Trimmed(lines_[1]) != kBeginPatch) return false;
  at_ = 1;
  --end_;
  return true;
}

std::optional<Fault> Parser::Files() {
  while (!AtEnd()) {
    std::optional<Fault> fault;
    if (At(kAddFile)) {
      fault = AddedFile();
    } else if (At(kUpdateFile)) {
      fault = UpdatedFile();
    } else if (At(kDeleteFile)) {
      ++at_;
    } else {
      fault = Here(
          "A file must begin with '*** Add File: <path>', '*** Update File: <path>' or '*** Delete File: <path>'.");
    }
    if (fault) return fault;
  }
  return std::nullopt;
}

std::optional<Fault> Parser::AddedFile() {
  ++at_;
  while (!AtEnd() && lines_[at_].starts_with('+')) ++at_;
  if (AtEnd() || IsFileMark(lines_[at_])) return std::nullopt;
  return Here("Each line of an added file must begin with '+', empty ones too.");
}

std::optional<Fault> Parser::UpdatedFile() {
  const std::size_t head = at_++;
  if (!AtEnd() && lines_[at_].starts_with(kMoveTo)) ++at_;
  bool first = true;
  while (!AtEnd()) {
    if (Trimmed(lines_[at_]).empty()) {
      ++at_;
      continue;
    }
    if (lines_[at_].starts_with('*')) break;
    if (auto fault = Chunk(first)) return fault;
    first = false;
  }
  if (first) return Fault{head, "This file's part has no changed lines."};
  return std::nullopt;
}

std::optional<Fault> Parser::ChunkHead(bool first) {
  const std::string& line = lines_[at_];
  if (line.starts_with("@@ -") && line.size() > 4 && std::isdigit(static_cast<unsigned char>(line[4]))) {
    return Here("Line numbers are not understood: write '@@' alone, or '@@ ' and a line of the file.");
  }
  if (line == "@@" || line.starts_with("@@ ")) {
    ++at_;
    if (AtEnd()) return Fault{at_ - 1, "No lines follow this '@@'."};
    return std::nullopt;
  }
  if (!first) return Here("A further place in the file must begin with a line '@@'.");
  if (Trimmed(line).starts_with("@@")) return Here("'@@' must stand at the very beginning of its line.");
  if (line.starts_with("--- ")) return Here("Leave the lines '---' and '+++' of a diff out.");
  return std::nullopt;
}

std::optional<Fault> Parser::Chunk(bool first) {
  if (auto fault = ChunkHead(first)) return fault;
  const std::size_t begin = at_;
  for (; !AtEnd(); ++at_) {
    const std::string& line = lines_[at_];
    if (line == kEndOfFile && at_ > begin) {
      ++at_;
      return std::nullopt;
    }
    if (!line.empty() && line[0] != ' ' && line[0] != '+' && line[0] != '-') break;
  }
  if (at_ > begin) return std::nullopt;
  return Here("Each line must begin with ' ' (unchanged), '-' (removed) or '+' (added).");
}

std::string Quoted(std::string_view line) {
  if (line.size() <= kLongestQuote) return std::string(line);
  std::size_t end = kLongestQuote;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return std::string(line.substr(0, end)) + "…";
}

PatchCheck Broken(const Parser& parser, const Fault& fault) {
  PatchCheck check;
  check.state = PatchCheck::State::kBroken;
  check.line = static_cast<int>(fault.line) + 1;
  if (fault.line < parser.lines().size()) check.quoted = Quoted(parser.lines()[fault.line]);
  check.reason = fault.reason;
  return check;
}

}  // namespace

PatchCheck CheckPatch(std::string_view text) {
  if (!Parser(LinesOf(Trimmed(text))).Parse()) return {PatchCheck::State::kGood, std::string(text), 0, {}, {}};
  std::string repaired = RepairedPatch(text);
  Parser parser(LinesOf(Trimmed(repaired)));
  if (const auto fault = parser.Parse()) return Broken(parser, *fault);
  return {PatchCheck::State::kRepaired, std::move(repaired), 0, {}, {}};
}

std::string PatchAdvice(const PatchCheck& check) {
  return "The patch is malformed and was not applied. Line " + std::to_string(check.line) + ", \"" + check.quoted +
         "\": " + check.reason +
         "\nA patch is plain text of this form, with nothing before, behind or around it:\n"
         "*** Begin Patch\n"
         "*** Update File: path/of/a/file\n"
         "@@\n"
         " an unchanged line, behind one space\n"
         "-a removed line\n"
         "+an added line\n"
         "*** Add File: path/of/a/new/file\n"
         "+its first line\n"
         "*** Delete File: path/of/another/file\n"
         "*** End Patch\n"
         "The same text will fail again: send a corrected one.";
}

}  // namespace wayleave::provider
