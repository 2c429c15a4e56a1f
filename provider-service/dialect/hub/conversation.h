#pragma once

// For the .cc files of the dialects only.

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace wayleave::provider {

// A piece of what somebody says.
struct Part {
  enum class Kind { kText, kImage };
  Kind kind = Kind::kText;
  std::string text;
  // Of an image: a data: URL or an address, and how closely it is to be looked at ("" for unsaid).
  std::string url;
  std::string detail;

  bool is_text() const { return kind == Kind::kText; }
  static Part Text(std::string text) { return {Kind::kText, std::move(text), {}, {}}; }
};

// The texts of the parts, with `between` between those that are not empty.
std::string JoinedText(const std::vector<Part>& parts, std::string_view between);

// The conversation on its way from items to messages: what belongs together is together, in the order of the client,
// and no dialect's words are in it.
//
// Add in order, then read. Not thread-safe.
class Conversation {
 public:
  struct Thought {
    std::string text;
    // As AnswerWriter::SealReasoning gave it to the client; empty if there was none.
    std::string sealed;
    // How much of the turn's text was said before it.
    std::size_t behind = 0;
  };
  struct Called {
    std::string given_id;
    std::string id;    // unique in the conversation
    std::string tool;  // its flat name
    std::string arguments;
    // Nothing: never answered.
    std::optional<std::string> output;
    std::vector<Part> images;  // that came with the output
  };
  struct Turn {
    enum class Who { kSystem, kUser, kAssistant };
    Who who = Who::kUser;
    std::vector<Part> parts;  // of the user
    std::string text;         // of the others
    std::vector<Thought> thoughts;
    std::vector<Called> calls;  // after the text

    std::string Reasoning() const;
  };

  // Instructions: gathered into system() as long as nobody else has spoken; a turn of their own later.
  void System(const std::string& text);
  // Empty parts don't count.
  void User(std::vector<Part> parts);
  void Assistant(const std::string& text);
  // Belongs to what the assistant says or does next.
  void Reasoning(const std::string& text, const std::string& sealed);
  // `arguments` must be a JSON object. An id that was used before, or is empty, becomes a new one.
  void Call(const std::string& id, const std::string& tool, std::string arguments);
  // Goes to its call; without one it becomes text of the user.
  void Output(const std::string& id, std::vector<Part> parts);

  const std::string& system() const { return system_; }
  const std::vector<Turn>& turns() const { return turns_; }
  const std::set<std::string>& call_ids() const { return ids_; }
  // The index of the first turn behind the user's last one: the turn in progress.
  std::size_t InProgress() const;

 private:
  Turn& Speaking();
  Called* Waiting(const std::string& id);
  std::string NewId(const std::string& given);

  std::string system_;
  std::vector<Turn> turns_;
  std::vector<Thought> thoughts_;
  std::set<std::string> ids_;
  bool speaking_ = false;  // the last turn is the assistant's and may get more
};

// Tells a writer each turn in order: System(text), User(parts), Assistant(turn, with_reasoning). Reasoning goes with all
// turns, or only with those of the turn in progress.
template <class Writer>
void WriteTurns(const Conversation& conversation, bool reasoning_in_progress_only, Writer& writer) {
  const std::size_t current = conversation.InProgress();
  for (std::size_t i = 0; i < conversation.turns().size(); ++i) {
    const Conversation::Turn& turn = conversation.turns()[i];
    switch (turn.who) {
      case Conversation::Turn::Who::kSystem:
        writer.System(turn.text);
        break;
      case Conversation::Turn::Who::kUser:
        writer.User(turn.parts);
        break;
      case Conversation::Turn::Who::kAssistant:
        writer.Assistant(turn, !reasoning_in_progress_only || i >= current);
        break;
    }
  }
}

}  // namespace wayleave::provider
