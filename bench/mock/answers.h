#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wayleave::bench::mock {

// What the mock says, in the words of the two APIs. Made once where it can be: the mock must cost little.
enum class Api { kChat, kResponses };

// Whole messages, head and body.
const std::string& CompleteAnswer(Api api);
const std::string& ModelsAnswer();
const std::string& HealthAnswer();
std::string ErrorAnswer(long status);

// The parts of a stream. Everything after the head goes through AppendChunk.
extern const std::string_view kStreamHead;
extern const std::string_view kLastChunk;
std::string_view StreamStart(Api api);
void AppendDelta(std::string& out, Api api, long event_bytes, std::uint64_t stamp_ns);
std::string StreamEnd(Api api, long events);

void AppendChunk(std::string& out, std::string_view data);

}  // namespace wayleave::bench::mock
