#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/http/sse.h"
#include "wayleave/inference/v1/inference.pb.h"

namespace wayleave::gateway {

// Reads the server-sent events of a Responses stream as typed events. Neighbouring deltas of one batch become one.
// What has no typed form (in-progress notices, item ids, events of the future) is left out. An event that can't be
// read ends the stream with `failed`: half an answer must not look like a whole one.
//
// Belongs to one stream; not thread-safe; no I/O.
class InferenceEvents {
 public:
  using Event = inference::v1::GenerateResponse;

  // The typed events of a batch of whole server-sent events, in order. After the terminal one there are no more.
  std::vector<Event> Read(std::string_view batch);

  // Whether the terminal event has been.
  bool ended() const { return ended_; }
  // Whether it was of our own making.
  bool unreadable() const { return unreadable_; }
  // The terminal event of a stream that broke off without one.
  static Event Broken(std::string_view code, std::string_view message);

 private:
  using Element = simdjson::dom::element;

  void ReadBlock(std::string_view data, std::vector<Event>& out);
  void ReadEvent(std::string_view type, const Element& event, std::vector<Event>& out);
  void ItemDone(const Element& item, std::vector<Event>& out);
  void Call(const Element& item, std::vector<Event>& out);
  void Message(const Element& item, std::vector<Event>& out);
  void Thought(const Element& item, std::vector<Event>& out);
  void Text(std::string_view delta, std::vector<Event>& out);
  void Reasoning(std::string_view delta, std::vector<Event>& out);
  void Complete(std::string_view reason, std::vector<Event>& out);
  void Fail(const Element& event, std::vector<Event>& out);

  http::SseParser sse_;
  simdjson::dom::parser json_;
  bool text_seen_ = false;       // of the message that is open
  bool reasoning_seen_ = false;  // of the thought that is open
  bool called_ = false;
  bool ended_ = false;
  bool unreadable_ = false;
};

}  // namespace wayleave::gateway
