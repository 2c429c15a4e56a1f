#pragma once

// For the .cc files of the dialects only.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/reply.h"
#include "provider-service/dialect/responses/glance.h"

namespace wayleave::provider {

// The items of a passing stream that have begun and are not done: what must still be told of them if the stream is cut.
// Calls are no part of it: a client runs a call that it is told is done. Keeps copies of bytes and parses nothing
// before it must. Not thread-safe.
class OpenItems {
 public:
  // Takes note of an event.
  void Take(const Glance& glance, std::string_view data);

  // The events that close them with what was delivered, numbered from `sequence` on; the items as they are told then.
  std::vector<Json> Close(std::int64_t& sequence, Output& out) const;

 private:
  struct Form;
  struct Part {
    const Form* form;
    std::int64_t index;
    std::string escaped;
    bool done;
  };
  struct Item {
    std::int64_t index;
    std::string id;
    std::string announced;  // data of the event; empty: there was none
    std::vector<Part> parts;
  };

  // By the beginning of its events' types, or by the type of its part.
  static const Form* FormOf(std::string_view name);
  Item& ItemOf(const Glance& glance);
  static Part& PartOf(Item& item, const Form& form, const Glance& glance);
  static void ClosePart(const Item& item, const Part& part, std::int64_t& sequence, Output& out);
  static Json Whole(const Item& item);

  std::vector<Item> items_;
};

}  // namespace wayleave::provider
