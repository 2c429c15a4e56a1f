#pragma once

#include <string>
#include <string_view>

#include "provider-service/dialect/translate.h"

namespace wayleave::provider::testing {

// What an upstream of any dialect sends: its thoughts, and its text a few characters at a time.
class UpstreamStream {
 public:
  explicit UpstreamStream(Dialect dialect);

  UpstreamStream& Thought(const std::string& text);
  UpstreamStream& Words(const std::string& text);
  // The beginning of a call; Chat only.
  UpstreamStream& Call();
  // What was sent until now: the connection breaks.
  std::string Open() const { return bytes_; }
  // All of it.
  std::string End() const;

 private:
  void Delta(const std::string& text);
  void Event(const std::string& json);

  const Dialect dialect_;
  std::string bytes_;
  int block_ = 0;
};

// What a client has read of an answer's text, and how often it was told that the answer ends.
std::string TextOfClientStream(Dialect client, std::string_view bytes);
int TerminalsOf(Dialect client, std::string_view bytes);

}  // namespace wayleave::provider::testing
