#include "provider-service/dialect/responses/glance.h"

#include <charconv>

#include "provider-service/dialect/json_scan.h"

namespace wayleave::provider {
namespace {

using Member = JsonScan::Member;

bool IsType(std::string_view word, bool first) { return word.starts_with("response.") || (first && word == "error"); }

void TakeNumber(const Member& member, std::int64_t& number) {
  std::from_chars(member.value.data(), member.value.data() + member.value.size(), number);
}

// What is found on the way, and meant only in the end.
struct Look {
  Glance glance;
  bool first = true;
  bool call = false;
  bool call_id = false;
  bool odd_arguments = false;

  void Type(const Member& member);
  void Take(const Member& member);
};

// Other things have a type too, and some servers write the event's last.
void Look::Type(const Member& member) {
  const std::string_view word = Word(member);
  if (glance.type.empty() && IsType(word, first)) glance.type = word;
  first = false;
  glance.message = glance.message || word == "message";
  call = call || word == "function_call" || word == "custom_tool_call";
}

void Look::Take(const Member& member) {
  if (member.key == "type") return Type(member);
  if (member.key == "sequence_number") {
    TakeNumber(member, glance.sequence);
  } else if (member.key == "output_index") {
    TakeNumber(member, glance.output_index);
  } else if (member.key == "content_index" || member.key == "summary_index") {
    TakeNumber(member, glance.part_index);
  } else if (member.key == "delta") {
    glance.delta = Word(member);
  } else if (member.key == "item_id") {
    glance.item_id = Word(member);
  } else if (member.key == "id") {
    if (glance.id.empty()) glance.id = Word(member);
  } else if (member.key == "headers") {
    glance.headers = true;
  } else if (member.key == "call_id") {
    call_id = call_id || !Word(member).empty();
  } else if (member.key == "arguments") {
    odd_arguments = odd_arguments || !member.is_string;
  }
}

}  // namespace

Glance LookOver(const http::SseBlock& block) {
  Look look;
  JsonScan scan(block.data);
  for (Member member; scan.Next(member);) look.Take(member);
  look.glance.odd_call = look.call && (!look.call_id || look.odd_arguments);
  if (look.glance.type.empty()) look.glance.type = block.event;
  return look.glance;
}

}  // namespace wayleave::provider
