#pragma once

#include <string>

namespace wayleave::provider {

// A call that the model makes, whole, under the names of the client's tools.
struct CallItem {
  enum class Kind { kFunction, kCustom, kToolSearch };
  Kind kind = Kind::kFunction;
  std::string call_id;
  std::string name;
  std::string space;
  // Of a function: its arguments, a text that should be JSON. Of a freeform tool: its input. Of a search: a JSON
  // object.
  std::string payload;
  // What became of the patch in it; kFine, too, if there is none.
  enum class Patch { kFine, kRepaired, kBroken };
  Patch patch = Patch::kFine;
};

}  // namespace wayleave::provider
