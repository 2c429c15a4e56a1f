#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/redaction/match.h"

namespace wayleave::gateway {

// What stands in a request for what was taken out, "[EMAIL_1]", and what it stands for. Numbers count from 1 for each
// kind in the order in which values first occur, so that a longer conversation begins with the same text and the
// provider's cache of it holds. The same value has the same placeholder.
//
// Holds secrets: there is no way to print it. Belongs to one request; not thread-safe, but once filled any thread may
// read it.
class Placeholders {
 public:
  // The label has at most 16 characters, so a placeholder has at most this many.
  static constexpr std::size_t kMaxLength = 32;

  // With `avoid`, numbers that stand behind "[LABEL_" somewhere in the body are left out: the client's own words are
  // never taken for a placeholder. `labels` are those of all kinds.
  Placeholders(std::vector<std::string> labels, std::string_view body, bool avoid);
  Placeholders() = default;

  // The placeholder of a value, which is made if there is none yet. Good until the next call.
  const std::string& For(Kind kind, std::string_view value);

  // What a placeholder stands for; null if it is none of these.
  const std::string* Find(std::string_view placeholder) const;
  // Whether it could become one of these when more is put behind it.
  bool Begins(std::string_view text) const;

  bool empty() const { return values_.empty(); }
  std::size_t size() const { return values_.size(); }

 private:
  struct Label {
    std::string text;
    std::vector<std::size_t> taken;  // in order
    std::size_t next = 1;
  };

  void Avoid(std::string_view text);
  std::string Make(Label& label);

  std::vector<Label> labels_;
  std::map<std::string, std::string, std::less<>> values_;  // by placeholder
  std::unordered_map<std::string, std::string> made_;       // placeholders by value
};

}  // namespace wayleave::gateway
