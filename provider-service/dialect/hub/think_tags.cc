#include "provider-service/dialect/hub/think_tags.h"

#include <algorithm>
#include <utility>

namespace wayleave::provider {
namespace {

constexpr std::string_view kOpening = "<think>";
constexpr std::string_view kClosing = "</think>";
constexpr std::string_view kSpace = " \t\r\n";

// How many of the last bytes may be the beginning of the tag.
std::size_t HalfATag(std::string_view text, std::string_view tag) {
  std::size_t size = std::min(text.size(), tag.size() - 1);
  while (size > 0 && !text.ends_with(tag.substr(0, size))) --size;
  return size;
}

}  // namespace

ThinkTagSplitter::ThinkTagSplitter(ThinkTags tags, Tell thought, Tell said)
    : at_(tags == ThinkTags::kNone   ? At::kText
          : tags == ThinkTags::kOpen ? At::kThoughts
                                     : At::kBeginning),
      thought_(std::move(thought)),
      said_(std::move(said)) {}

void ThinkTagSplitter::Add(std::string_view text) {
  if (at_ == At::kText) return said_(text);
  const std::string all = std::exchange(held_, {}).append(text);
  std::string_view rest = all;
  while (Step(rest)) {
  }
}

// False when nothing is left that can be told now.
bool ThinkTagSplitter::Step(std::string_view& text) {
  const At before = at_;
  switch (at_) {
    case At::kBeginning:
      Begin(text);
      break;
    case At::kThoughts:
      Thoughts(text);
      break;
    case At::kGap:
      Gap(text);
      break;
    case At::kText:
      if (!text.empty()) said_(text);
      return false;
  }
  return at_ != before;
}

void ThinkTagSplitter::Begin(std::string_view& text) {
  const std::size_t first = std::min(text.find_first_not_of(kSpace), text.size());
  const std::string_view start = text.substr(first);
  if (start.starts_with(kOpening)) {
    at_ = At::kThoughts;
    text = start.substr(kOpening.size());
  } else if (kOpening.starts_with(start)) {
    held_ = text;
  } else {
    at_ = At::kText;
  }
}

void ThinkTagSplitter::Thoughts(std::string_view& text) {
  const std::size_t end = text.find(kClosing);
  if (end == std::string_view::npos) {
    const std::size_t half = HalfATag(text, kClosing);
    if (text.size() > half) thought_(text.substr(0, text.size() - half));
    held_ = text.substr(text.size() - half);
    return;
  }
  if (end > 0) thought_(text.substr(0, end));
  at_ = At::kGap;
  text.remove_prefix(end + kClosing.size());
}

void ThinkTagSplitter::Gap(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  if (!text.empty()) at_ = At::kText;
}

void ThinkTagSplitter::Flush() {
  const std::string held = std::exchange(held_, {});
  if (!held.empty()) (at_ == At::kThoughts ? thought_ : said_)(held);
}

}  // namespace wayleave::provider
