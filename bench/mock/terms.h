#pragma once

#include <cstdint>
#include <string_view>

namespace wayleave::bench::mock {

// How one answer is to be given. A request sets its own terms through the model's name, which passes most
// gateways unharmed: "mock:n=50,i=20000,f=1000" is 50 events, 20 ms apart, 1 ms to the first byte.
struct Terms {
  long events = 50;          // n
  long interval_us = 20000;  // i: between two writes; 0 as fast as the socket takes them
  long first_us = 0;         // f: until the first byte
  long event_bytes = 200;    // s: size of one delta event, about
  long per_write = 1;        // b: events in one write
  long status = 200;         // e
  long break_after = -1;     // x: closes the connection after so many events
};

// The terms in the first bytes of a request's body; what it doesn't name is as in Terms.
Terms ReadTerms(std::string_view body_head);

}  // namespace wayleave::bench::mock
