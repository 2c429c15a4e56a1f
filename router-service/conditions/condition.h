#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/config/yaml.h"
#include "base/time/zone.h"
#include "router-service/conditions/marks.h"

namespace wayleave::router {

class Inquiry;


// One condition of a route's `when`, read and checked. Immutable; any thread.
class Condition {
 public:
  virtual ~Condition() = default;
  // Allocates nothing: five hundred rules are asked for each request.
  virtual bool Holds(const Inquiry& inquiry) const = 0;
  // Marks of which a request has one, if this holds; none if that can't be said. Asked when the file is read.
  virtual std::vector<Mark> Marks() const { return {}; }
  // What it wants, in words that complete "wants …".
  virtual std::string Wants() const = 0;
  // What it found instead, in words that complete "wants …, but …".
  virtual std::string Found(const Inquiry& inquiry) const = 0;
};

// What the conditions of one file share, so that a decision looks each thing up once.
struct Shared {
  std::vector<std::string> headers;  // their names in lower case, each once
  std::map<std::string, std::shared_ptr<const Zone>> zones;

  // The header's place in `headers`.
  std::size_t HeaderIndex(const std::string& name);
};

// A kind of condition: a file of its own, and one line in registry.cc.
struct ConditionKind {
  const char* name;  // the key in `when`
  // Reads its keys, if they are there; nullptr if not. `route` is the route's name. Throws ConfigError.
  std::shared_ptr<const Condition> (*read)(config::Section& when, const std::string& route, Shared& shared);
};

// In the order in which the conditions of a route are asked, the cheapest first.
std::span<const ConditionKind> Conditions();

// All conditions that `when` names. Refuses keys that no condition knows.
std::vector<std::shared_ptr<const Condition>> ReadConditions(config::Section& when, const std::string& route,
                                                             Shared& shared);

}  // namespace wayleave::router
