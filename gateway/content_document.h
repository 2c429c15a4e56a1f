#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wayleave::gateway {

// What was asked and answered, as it is sealed for a tenant's auditor: a line of JSON, the head, and behind it the
// bytes of the request and those of the answer, each perhaps only its beginning. All functions are pure.
struct ContentDocument {
  std::string request_id;
  std::string reservation_id;
  std::string tenant;
  std::string endpoint;
  std::string model;  // as the client named it
  int status = 0;     // 0: the client was told none
  std::string outcome;

  // As long as they were, and what is kept of them.
  std::uint64_t request_bytes = 0;
  std::uint64_t answer_bytes = 0;
  std::string_view request;
  std::string_view answer;
};

// Texts of the head are cut at 1 KiB.
std::string WriteContent(const ContentDocument& document);

// The head, for people and tools, as it stands in the document.
struct ReadContent {
  std::string head;
  std::string request;
  std::string answer;
};
// kDataLoss if it is no such document.
Result<ReadContent> ReadContentDocument(std::string_view bytes);

}  // namespace wayleave::gateway
