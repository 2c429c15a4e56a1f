#pragma once

#include <string>
#include <string_view>

namespace wayleave::provider {

// Joins the text of a model that carries on an answer to what the client has of it. Models repeat the last words before
// they go on, or begin anew from the first; what the client has already is cut. Coincidences are not: an overlap counts
// if it is long and not of the same few characters, or a word of at least three letters that is begun again, or all
// that was said. Text is kept back only as long as it may still turn out to be a repetition. Pure.
class Continuation {
 public:
  explicit Continuation(std::string said) : said_(std::move(said)) {}

  // What of the text is new, as far as that can be told by now.
  std::string Add(std::string_view text);
  // The same for the end of the text.
  std::string Flush();

  // Nothing has come yet.
  bool empty() const { return !settled_ && held_.empty(); }
  bool settled() const { return settled_; }

 private:
  bool MayGrow(std::string_view text) const;
  std::size_t Overlap(std::string_view text) const;
  bool Counts(std::size_t length, std::string_view text) const;
  std::string Settle(bool at_end);

  const std::string said_;
  std::string held_;
  bool settled_ = false;
};

}  // namespace wayleave::provider
