#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "provider-service/dialect/translate.h"

namespace wayleave::provider::fuzz {

// Ends the program as libFuzzer's finds do, telling what was expected.
#define WAYLEAVE_EXPECT(condition)                                                     \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      __builtin_printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);         \
      std::abort();                                                                    \
    }                                                                                  \
  } while (false)

// Those that clients speak, and those that upstreams speak.
extern const std::vector<Dialect> kClientDialects;
extern const std::vector<Dialect> kUpstreamDialects;

// A small request with tools of every kind that its dialect has.
std::string_view RequestIn(Dialect client);

// Options with ids that count.
TranslateOptions OptionsFor(Dialect client, Dialect upstream, bool stream);

// What a client of this dialect was told, looked at as strictly as any client: whole events with JSON in them and one
// terminal event, the last, or one document.
void ExpectOneWholeAnswer(Dialect client, bool stream, std::string_view bytes);

// Drives a reply with the upstream's bytes in pieces of at most `piece` bytes, ends it, and checks what came out.
void Drive(Reply& reply, Dialect client, bool stream, std::string_view upstream, std::size_t piece, bool broken);

}  // namespace wayleave::provider::fuzz
