#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wayleave::bench::mock {

// What the mock says, in the words of each API. Made once where it can be: the mock must cost little.
enum class Api { kChat, kResponses, kMessages, kOllama };
constexpr std::size_t kApis = 4;

// Whole messages, head and body.
const std::string& CompleteAnswer(Api api);
const std::string& ModelsAnswer();
const std::string& OllamaTagsAnswer();
const std::string& OllamaShowAnswer();
const std::string& HealthAnswer();
// Of a collector that has taken all spans.
const std::string& CollectorAnswer();
std::string ErrorAnswer(long status);

// The parts of a stream: head and first events, in chunks; what follows goes through AppendChunk.
std::string StreamBegin(Api api);
extern const std::string_view kLastChunk;
void AppendDelta(std::string& out, Api api, long event_bytes, std::uint64_t stamp_ns);
std::string StreamEnd(Api api, long events);

void AppendChunk(std::string& out, std::string_view data);

}  // namespace wayleave::bench::mock
