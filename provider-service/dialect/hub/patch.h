#pragma once

#include <string>
#include <string_view>

namespace wayleave::provider {

// A patch in the form that Codex's apply_patch takes, looked at before it reaches the client. Models that were not
// trained on it wrap it into JSON or fences, leave marks out and then repeat the same text for ever, because the error
// that they get does not say what is wrong.
struct PatchCheck {
  enum class State {
    kGood,      // Codex reads it; whether it fits the file is another matter
    kRepaired,  // it is clear what was meant: `text` says that
    kBroken,    // `line` and `reason` say why
  };
  State state = State::kGood;
  std::string text;
  // Counted from "*** Begin Patch", which is line 1; `quoted` is what stands there.
  int line = 0;
  std::string quoted;
  std::string reason;
};

// The same text always gets the same answer. Only changed where there is one way to read it.
PatchCheck CheckPatch(std::string_view text);

// For the model that wrote a broken patch: what is wrong with it, and what a right one looks like.
std::string PatchAdvice(const PatchCheck& check);

}  // namespace wayleave::provider
