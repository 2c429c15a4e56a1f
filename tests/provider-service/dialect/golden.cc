#include "tests/provider-service/dialect/golden.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include <gtest/gtest.h>

#include "provider-service/dialect/errors.h"

namespace wayleave::provider::testing {
namespace {

using Json = nlohmann::ordered_json;

const char* Name(Finish finish) {
  switch (finish) {
    case Finish::kNone: return "none";
    case Finish::kCompleted: return "completed";
    case Finish::kIncomplete: return "incomplete";
    case Finish::kFailed: return "failed";
  }
  return "?";
}

}  // namespace

Golden::Golden(const std::string& kind)
    : folder_(std::filesystem::path(WAYLEAVE_SOURCE_DIR) / "tests/provider-service/dialect/golden" / kind) {}

std::vector<std::string> Golden::Cases(const std::string& ending) const {
  std::vector<std::string> cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const std::string file = entry.path().filename().string();
    if (file.ends_with(ending)) cases.push_back(file.substr(0, file.size() - ending.size()));
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

bool Golden::Has(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

std::string Golden::Read(const std::string& name) const {
  std::ifstream file(folder_ / name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << folder_ / name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Json Golden::ReadJson(const std::string& name) const { return Json::parse(Read(name)); }

void Golden::Expect(const std::string& name, const std::string& actual) const {
  if (std::getenv("WAYLEAVE_WRITE_GOLDEN")) {
    std::ofstream(folder_ / name, std::ios::binary) << actual;
    return;
  }
  EXPECT_EQ(actual, Read(name)) << name;
}

IdSource CountingIds() {
  auto count = std::make_shared<int>(0);
  return [count](std::string_view prefix) { return std::string(prefix) + "_" + std::to_string(++*count); };
}

ChatQuirks QuirksOf(const Json& options) {
  ChatQuirks quirks;
  if (options.value("late_system", "") == "system") quirks.late_system = ChatQuirks::LateSystem::kSystem;
  quirks.merge_user_messages = options.value("merge_user_messages", true);
  const std::string replay = options.value("reasoning_replay", "");
  if (replay == "reasoning_content") quirks.reasoning_replay = ChatQuirks::ReasoningReplay::kReasoningContent;
  if (replay == "reasoning") quirks.reasoning_replay = ChatQuirks::ReasoningReplay::kReasoning;
  quirks.replay_last_turn_only = options.value("replay_last_turn_only", false);
  quirks.parallel_tool_calls = options.value("parallel_tool_calls", true);
  if (options.contains("max_tokens_field")) {
    quirks.max_tokens_field = ChatQuirks::MaxTokensField::kMaxCompletionTokens;
  }
  if (options.contains("empty_content")) quirks.empty_content = ChatQuirks::EmptyContent::kEmptyString;
  quirks.images = options.value("images", true);
  quirks.stream_options = options.value("stream_options", true);
  quirks.reasoning_effort = options.value("reasoning_effort", true);
  quirks.verbosity = options.value("verbosity", false);
  return quirks;
}

void Sink::Take() {
  bytes += out.bytes;
  out.bytes.clear();
}

void Run(Reply& reply, std::string_view upstream, std::size_t piece, Ending ending, Sink& sink) {
  reply.Begin(sink.out);
  sink.Take();
  for (std::size_t at = 0; at < upstream.size(); at += piece) {
    // A copy of just these bytes, so that a sanitizer sees who keeps a view of them or reads behind them.
    const std::string bytes(upstream.substr(at, piece));
    reply.Feed(bytes, sink.out);
    sink.Take();
  }
  if (ending == Ending::kEnd) {
    reply.End(sink.out);
  } else {
    reply.Break("server_error", "The connection to the model server broke.", sink.out);
  }
  sink.Take();
  // All of these come too late.
  reply.KeepAlive(sink.out);
  reply.End(sink.out);
  reply.Break("server_error", "again", sink.out);
  sink.Take();
}

std::string Told(const Sink& sink) {
  const Output& out = sink.out;
  std::ostringstream text;
  text << sink.bytes << "\n== " << Name(out.finish) << ", " << out.events << " events, " << out.output_bytes
       << " bytes of output";
  if (!out.error_code.empty()) text << ", error " << out.error_code;
  if (out.usage) {
    text << ", tokens " << out.usage->input_tokens << " in (" << out.usage->cached_input_tokens << " cached) "
         << out.usage->output_tokens << " out (" << out.usage->reasoning_tokens << " reasoning) "
         << out.usage->total_tokens << " total";
  }
  if (out.failure) text << "\n== " << out.failure->status << " " << ErrorBody(*out.failure);
  text << "\n";
  return text.str();
}

int Count(std::string_view text, std::string_view part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace wayleave::provider::testing
