#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/http/sse.h"
#include "gateway/redaction/event_deltas.h"
#include "gateway/redaction/placeholders.h"

namespace wayleave::gateway {

// Puts a request's own values back into the answer to it: a document, or a stream of server-sent events of the
// Responses, Chat Completions or Messages API. Pure: bytes in, bytes out.
//
// In a stream a placeholder may come in pieces. Of each text only an end that may yet become a placeholder is held back
// (at most 31 bytes), put before the text's next piece, and told in an event of its own before the one that ends the
// text if that is how it really ended. Later events then have higher sequence numbers, so that these stay in order. No
// event is left out or comes later than it came: one whose text is all held back has an empty text. Events in which
// nothing changes pass byte for byte, and most of them without being parsed.
//
// Belongs to one answer; not thread-safe, but Document() is. The placeholders must outlive it.
class Restorer {
 public:
  explicit Restorer(const Placeholders& placeholders);

  // What is no JSON stays as it is from where it breaks.
  std::string Document(std::string_view json) const;

  // Whole events are answered at once; a beginning of one waits for the rest.
  std::string Feed(std::string_view events);
  // What was held back, at the end of the stream, also of one that broke off.
  std::string End();

 private:
  // An event's bytes, with its data apart.
  struct Event {
    std::string_view before, data, behind;
  };
  // The end of a text that may be the beginning of a placeholder, and what an event consists of that tells it.
  struct Held {
    std::string text;
    std::string owner;
    std::string before, data_before, data_behind, behind;
  };

  void Take(const http::SseBlock& block, std::string& out);
  void Take(const Event& event, std::string& out);
  std::string Rewrite(const EventDeltas& deltas, const Event& event);
  std::string Piece(const Delta& delta, const Event& event);
  void Hold(const Delta& delta, const Event& event, std::string_view text);
  void Close(const EventDeltas& deltas, std::string& out);
  void Tell(const Held& held, std::string& out);
  std::string Number(std::size_t number) const { return std::to_string(number + inserted_); }

  const Placeholders& placeholders_;
  http::SseParser parser_{std::string::npos};
  std::size_t waiting_ = 0;           // bytes that the parser keeps
  std::map<std::string, Held> held_;  // by channel
  std::size_t number_ = 0;            // the sequence number that the provider gave, or would give, the next event
  std::size_t inserted_ = 0;          // events of our own so far
};

}  // namespace wayleave::gateway
