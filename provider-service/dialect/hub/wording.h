#pragma once

#include <string>

namespace wayleave::provider {

// What the hub says to models in its own words, the same in every upstream dialect. Prefix caches hold as long as
// nobody changes a word.

// Instructions that come where the upstream takes only the user's messages.
inline std::string SystemNote(const std::string& text) { return "<system_note>\n" + text + "\n</system_note>"; }

// What stands for a conversation that was made short.
inline std::string SummaryNote(const std::string& summary) { return "Summary of the conversation so far:\n" + summary; }

inline constexpr char kImageLeftOut[] = "[image left out: this model takes no images]";
inline constexpr char kImageOfTool[] = "Image returned by the tool call:";
inline constexpr char kNeverAnswered[] = "aborted";

// To a model that gets an answer to finish which somebody else began.
inline constexpr char kCarryOn[] =
    "Your answer above was cut off by a technical fault. Go on with it exactly where it stopped, beginning with the "
    "very next character, even in the middle of a word or a line of code. Repeat nothing that stands there already, "
    "and say nothing about the interruption.";

}  // namespace wayleave::provider
