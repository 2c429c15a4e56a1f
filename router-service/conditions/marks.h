#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "router-service/hash.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::router {

class Patterns;

// A number that stands for something that a request has: its tenant, a header. Conditions name marks without which they
// can't hold, so that of hundreds of routes only those are asked that may fit. Two things may share a mark: it never
// decides by itself.
using Mark = std::uint64_t;

inline Mark MarkOf(std::string_view kind, std::string_view name) { return Spread(Hash(kind) ^ Hash(name)); }
inline Mark MarkOf(std::string_view kind, std::string_view name, std::string_view value) {
  return Spread(MarkOf(kind, name) ^ Hash(value));
}

// One for each name; none if there are globs, which no mark stands for.
std::vector<Mark> MarksOf(std::string_view kind, const Patterns& patterns);
// Of models, where globs have one for what they begin with; none if one begins with anything.
std::vector<Mark> ModelMarks(const Patterns& patterns);
// The same for something that has a name itself; where its value may be many things, the mark that it is there.
std::vector<Mark> MarksOf(std::string_view kind, std::string_view name, const Patterns& patterns);

// All marks of a request; `model` is the one that is wanted.
std::vector<Mark> MarksOf(const v1::RouteRequest& request, const std::string& model);

}  // namespace wayleave::router
