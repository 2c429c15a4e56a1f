#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace wayleave::provider {

// Whether a server leaves a model's thoughts in its text, in <think> tags.
enum class ThinkTags {
  kNone,    // text is text
  kTagged,  // an answer may begin with <think>…</think>
  kOpen,    // the chat template has opened the tag: an answer begins with thoughts
};

// Takes the thoughts out of the text, whatever pieces it comes in. Tags are looked for only where an answer begins: a
// model may well write about tags later. Belongs to one answer; not thread-safe.
class ThinkTagSplitter {
 public:
  using Tell = std::function<void(std::string_view text)>;
  ThinkTagSplitter(ThinkTags tags, Tell thought, Tell said);

  void Add(std::string_view text);
  // The text is over, or something else follows: gives out what was held back for the sake of half a tag.
  void Flush();

 private:
  enum class At { kBeginning, kThoughts, kGap, kText };
  bool Step(std::string_view& text);
  void Begin(std::string_view& text);
  void Thoughts(std::string_view& text);
  void Gap(std::string_view& text);

  At at_;
  const Tell thought_;
  const Tell said_;
  std::string held_;  // perhaps the first part of a tag
};

}  // namespace wayleave::provider
