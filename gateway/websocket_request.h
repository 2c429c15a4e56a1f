#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace wayleave::gateway {

// One message of a client on a Responses WebSocket, cut into what the gateway must know and the rest, which passes as
// the bytes that came.
struct ClientEvent {
  enum class Kind {
    kCreate,  // {"type":"response.create", …}: a question
    kNotice,  // something that wants no answer
  };

  Kind kind = Kind::kCreate;
  // Empty if the question names none.
  std::string previous_response_id;
  // False for a warm-up: the input is to be remembered, and no model asked.
  bool generate = true;
  bool has_input = false;
  // The input's items, separated by commas.
  std::string input;
  // The remaining members of the object, separated by commas, without those that belong to this transport.
  std::string members;
  // The value of "model" as it stands there; empty if there is none.
  std::string model;
};

// Reads a message. Errors are fit for the client. `message` gets 64 bytes of capacity behind its end. Thread-safe.
Result<ClientEvent> ReadClientEvent(std::string& message);

// The body of the HTTP request that asks the same, with the items of the conversation so far in front of the input.
// It has 64 bytes of capacity behind its end.
std::string BodyOf(const ClientEvent& event, std::string_view earlier_items);

// Two lists of items as one.
void AppendItems(std::string& to, std::string_view items);

}  // namespace wayleave::gateway
