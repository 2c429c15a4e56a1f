#pragma once

#include <string>
#include <vector>

#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// What became of the targets that failed a request before its answer began, for people. Belongs to one request.
class Trail {
 public:
  void Failed(const router::v1::Target& target, const provider::v1::Failure& failure);
  // "tried openai/gpt-5.1-codex: 503 server_is_overloaded", one for each target and kind of failure, in order.
  std::vector<std::string> Words() const;

 private:
  struct Stop {
    std::string target;
    std::string failure;
    int times = 1;
  };
  std::vector<Stop> stops_;
};

// The value of x-wayleave-route: "RULE; PROVIDER/MODEL", then, separated by "; ", which targets the decision passed over
// and which were tried before, and why. Only visible ASCII and spaces, at most 1 KiB. Pure.
std::string RouteHeader(const router::v1::RouteResponse& route, const router::v1::Target& target, const Trail& trail);

}  // namespace wayleave::gateway
