#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace wayleave::log {

// Log lines are JSON objects, one a line, on standard output: {"time":…,"level":…,"event":…, fields…}.
// Any thread. Writing never waits for a slow reader: lines that don't fit the queue are dropped and
// counted. Bodies, keys and other secrets never go in.

enum class Level { kDebug, kInfo, kWarning, kError };

struct Field {
  std::string_view name;
  nlohmann::json value;
};

// Before the first line and at the end of main. Lines written outside go nowhere.
void Start(Level level);
void Stop();
void SetLevel(Level level);
bool Enabled(Level level);

// The time as lines have it: "2026-11-26T04:20:00.123Z". Stays until the thread asks again; all times of a second differ
// in three digits, so that asking costs little.
std::string_view Now();

void Write(Level level, std::string_view event, std::initializer_list<Field> fields);
// A line that is complete JSON already, but for the newline: the access log's fast path. Is not hurried out.
void WriteLine(Level level, std::string_view line);
// How many lines were dropped since the start.
unsigned long Dropped();

inline void Debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (Enabled(Level::kDebug)) Write(Level::kDebug, event, fields);
}
inline void Info(std::string_view event, std::initializer_list<Field> fields = {}) {
  Write(Level::kInfo, event, fields);
}
inline void Warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  Write(Level::kWarning, event, fields);
}
inline void Error(std::string_view event, std::initializer_list<Field> fields = {}) {
  Write(Level::kError, event, fields);
}

}  // namespace wayleave::log
