#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace wayleave::config {

// A YAML document as plain values, with the line of everything, because every later complaint names it.
// Values are immutable once parsed and shared by the aliases that point at them.
struct Value {
  enum class Kind { kNull, kScalar, kList, kMapping };
  struct Entry;

  Kind kind = Kind::kNull;
  int line = 1;
  std::string text;                                  // of a scalar, unexpanded
  std::vector<std::shared_ptr<const Value>> items;   // of a list
  std::vector<Entry> entries;                        // of a mapping, in the order of the file
  std::size_t size = 1;                              // nodes, with aliases written out
  std::unordered_map<std::string, std::size_t> index;  // key to entry, of a large mapping; empty for a small one

  // nullptr if there is none.
  const Entry* Find(const std::string& key) const;
  // "a mapping", "a list", …: for messages.
  const char* KindName() const;
};

struct Value::Entry {
  std::string key;
  int line = 1;
  std::shared_ptr<const Value> value;
};

// The one document in `text`; a null value if there is none. Throws ConfigError ("name:line: problem") on bad
// syntax, duplicate keys, a second document, an alias inside its own anchor, and on more than 100,000 nodes
// with aliases written out, so that no small file becomes a large one.
std::shared_ptr<const Value> ParseTree(const std::string& text, const std::string& name);

}  // namespace wayleave::config
