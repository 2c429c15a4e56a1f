#include "gateway/redaction/event_leaves.h"

#include <algorithm>

#include "gateway/redaction/json_tokens.h"

namespace wayleave::gateway {
namespace {

using Type = JsonToken::Type;

// Knows the way from the root while the tokens go by.
class Reader {
 public:
  Reader(std::string_view data, std::vector<EventLeaf>& into) : tokens_(data), into_(into) {}

  bool Read() {
    for (;;) {
      const JsonToken token = tokens_.Next();
      if (token.type == Type::kEnd) return true;
      if (token.type == Type::kBroken || !Take(token)) return false;
    }
  }

 private:
  struct Frame {
    std::size_t path;  // length of the way to this list or object
    std::size_t begin;
    bool list;
    std::size_t index = 0;
  };

  bool Take(const JsonToken& token) {
    switch (token.type) {
      case Type::kName:
        if (frames_.empty()) return false;
        Step(tokens_.Inside(token));
        return true;
      case Type::kOpen:
        EnterElement();
        frames_.push_back({path_.size(), token.begin, tokens_.At(token) == "["});
        return true;
      case Type::kClose:
        return Close(token);
      default:
        EnterElement();
        Add(token);
        return true;
    }
  }

  void Step(std::string_view word) {
    path_.resize(frames_.back().path);
    if (!path_.empty()) path_ += '.';
    path_ += word;
  }

  void EnterElement() {
    if (!frames_.empty() && frames_.back().list) Step(std::to_string(frames_.back().index++));
  }

  void Add(const JsonToken& token) {
    const std::size_t quote = token.type == Type::kString ? 1 : 0;
    into_.push_back({path_, token.begin + quote, token.end - quote, quote != 0});
  }

  bool Close(const JsonToken& token) {
    if (frames_.empty()) return false;
    path_.resize(frames_.back().path);
    into_.push_back({path_, frames_.back().begin, token.end, false});
    frames_.pop_back();
    return true;
  }

  JsonTokens tokens_;
  std::vector<EventLeaf>& into_;
  std::vector<Frame> frames_;
  std::string path_;
};

}  // namespace

EventLeaves::EventLeaves(std::string_view data) : data_(data) {
  if (!Reader(data, leaves_).Read()) leaves_.clear();
}

const EventLeaf* EventLeaves::Find(std::string_view path) const {
  const auto found =
      std::find_if(leaves_.begin(), leaves_.end(), [&](const EventLeaf& leaf) { return leaf.path == path; });
  return found == leaves_.end() ? nullptr : &*found;
}

std::string_view EventLeaves::Text(std::string_view path) const {
  const EventLeaf* leaf = Find(path);
  return leaf ? data_.substr(leaf->begin, leaf->end - leaf->begin) : std::string_view();
}

}  // namespace wayleave::gateway
