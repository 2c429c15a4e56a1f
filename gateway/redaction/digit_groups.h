#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace wayleave::gateway {

// The groups of digits from one place on, as in "+49 (0)30 1234-567", with little between them: blanks, hyphens, full
// stops, slashes, brackets, at most three of them. Ends at anything else, at a group that is longer than any number we
// know, and after as many groups as one number can have. A view: the text must outlive it.
class DigitGroups {
 public:
  static constexpr std::size_t kMaxGroups = 9;
  static constexpr std::size_t kMaxDigits = 19;  // in a group

  // A digit must stand at `begin`.
  DigitGroups(std::string_view text, std::size_t begin);

  // 0 if the first group is too long.
  std::size_t count() const { return count_; }
  std::size_t length(std::size_t group) const { return groups_[group].end - groups_[group].begin; }
  std::string_view digits(std::size_t group) const;
  std::size_t begin(std::size_t group) const { return groups_[group].begin; }
  std::size_t end(std::size_t group) const { return groups_[group].end; }
  // What stands between a group and the one before it.
  std::string_view between(std::size_t group) const;
  // The separator if the first `groups` groups have the same single one between them, otherwise '\0'.
  char separator(std::size_t groups) const;
  bool HaveLengths(std::initializer_list<std::size_t> lengths) const;
  // The digits of the first groups, together.
  std::size_t DigitsIn(std::size_t groups) const;

  // Whether a number may begin with the first group, and end with group `groups - 1`: that is no part of a word, a
  // path, a decimal or a larger number. Whether digits that are only a blank away are another number, is for the
  // caller.
  bool MayBegin() const;
  bool MayEndAfter(std::size_t groups) const;
  bool DigitsBefore() const;
  bool DigitsAfter(std::size_t groups) const;

  std::string_view text() const { return text_; }

 private:
  struct Group {
    std::size_t begin = 0, end = 0;
  };

  std::string_view text_;
  std::array<Group, kMaxGroups> groups_{};
  std::size_t count_ = 0;
};

}  // namespace wayleave::gateway
