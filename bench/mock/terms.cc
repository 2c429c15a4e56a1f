#include "bench/mock/terms.h"

#include <algorithm>
#include <charconv>

namespace wayleave::bench::mock {
namespace {

constexpr std::string_view kPrefix = "mock:";

void Set(Terms& terms, char key, long value) {
  switch (key) {
    case 'n': terms.events = std::max(value, 1L); break;
    case 'i': terms.interval_us = value; break;
    case 'f': terms.first_us = value; break;
    case 's': terms.event_bytes = value; break;
    case 'b': terms.per_write = std::max(value, 1L); break;
    case 'e': terms.status = value; break;
    case 'x': terms.break_after = value; break;
    default: break;
  }
}

}  // namespace

Terms ReadTerms(std::string_view body_head) {
  Terms terms;
  std::size_t at = body_head.find(kPrefix);
  if (at == body_head.npos) return terms;
  const char* p = body_head.data() + at + kPrefix.size();
  const char* const end = body_head.data() + body_head.size();
  while (end - p > 2 && p[1] == '=') {
    long value = 0;
    const auto [rest, error] = std::from_chars(p + 2, end, value);
    if (error != std::errc()) break;
    Set(terms, *p, value);
    p = rest;
    if (p == end || *p != ',') break;
    ++p;
  }
  return terms;
}

}  // namespace wayleave::bench::mock
