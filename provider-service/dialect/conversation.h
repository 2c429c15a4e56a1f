#pragma once

// For the .cc files of this folder only.

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/quirks.h"

namespace wayleave::provider {

// The conversation on its way from items to messages: what belongs together is together, in the order of the client.
//
// Add in order, then write it down once. Not thread-safe.
class Conversation {
 public:
  explicit Conversation(const ChatQuirks& quirks) : quirks_(quirks) {}

  // Instructions: gathered into the first message as long as nobody else has spoken.
  void System(const std::string& text);
  // Parts in Chat's form; empty ones don't count.
  void User(std::vector<Json> parts);
  void Assistant(const std::string& text);
  // Belongs to what the assistant says or does next.
  void Reasoning(const std::string& text);
  // `arguments` must be JSON. An id that was used before, or is empty, becomes a new one.
  void Call(const std::string& id, const std::string& tool, std::string arguments);
  // Goes behind its call; without one it becomes text of the user.
  void Output(const std::string& id, std::vector<Json> parts);

  void WriteTo(Json& messages) const;
  const std::set<std::string>& call_ids() const { return ids_; }

 private:
  struct Called {
    std::string given_id;
    std::string id;
    std::string tool;
    std::string arguments;
    std::optional<std::string> output;
  };
  struct Turn {
    enum class Who { kSystem, kUser, kAssistant };
    Who who;
    std::vector<Json> parts;  // of the user; of the assistant: images that its calls returned
    std::string text;
    std::string reasoning;
    std::vector<Called> calls;
  };
  Turn& Speaking();
  Called* Waiting(const std::string& id, std::vector<Json>& images_to);
  std::string NewId(const std::string& given);
  void WriteUser(const std::vector<Json>& parts, Json& messages) const;
  void WriteAssistant(const Turn& turn, bool with_reasoning, Json& messages) const;

  const ChatQuirks& quirks_;
  std::string system_;
  std::vector<Turn> turns_;
  std::string reasoning_;
  std::set<std::string> ids_;
  bool speaking_ = false;  // the last turn is the assistant's and may get more
};

}  // namespace wayleave::provider
