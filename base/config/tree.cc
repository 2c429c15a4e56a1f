#include "base/config/tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <set>
#include <sstream>

#include "base/config/yaml.h"

namespace wayleave::config {
namespace {

constexpr std::size_t kMaxNodes = 100'000;
// Of mappings with more keys than this, each key is found without looking at the others.
constexpr std::size_t kSmallMapping = 16;

[[noreturn]] void Refuse(const std::string& name, int line, const std::string& problem) {
  throw ConfigError(name + ":" + std::to_string(line) + ": " + problem);
}

// yaml-cpp counts lines from 0, and says -1 where it does not know.
int LineOf(const YAML::Mark& mark) { return mark.line < 0 ? 1 : mark.line + 1; }

// Builds the tree from the parser's events. YAML::Node would hide duplicate keys and aliases.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(const std::string& name) : name_(name) {}

  std::shared_ptr<const Value> root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Leaf(Value::Kind::kNull, mark, anchor, "");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    CheckTag(mark, tag);
    Leaf(Value::Kind::kScalar, mark, anchor, text);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) Refuse(name_, LineOf(mark), "an alias stands inside the value that it repeats");
    Attach(found->second, LineOf(mark));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Value::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Value::Kind::kMapping, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    std::shared_ptr<Value> value;
    YAML::anchor_t anchor;
    bool has_key = false;
    std::string key;
    int key_line = 1;
    std::map<std::string, int> lines;  // of the keys seen
  };

  static std::shared_ptr<Value> Make(Value::Kind kind, const YAML::Mark& mark) {
    auto value = std::make_shared<Value>();
    value->kind = kind;
    value->line = LineOf(mark);
    return value;
  }

  void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    const bool standard = tag.empty() || tag == "?" || tag == "!" || tag.rfind("tag:yaml.org,2002:", 0) == 0;
    if (!standard) Refuse(name_, LineOf(mark), "the tag " + tag + " is not known here");
  }

  void Leaf(Value::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& text) {
    auto value = Make(kind, mark);
    value->text = text;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = value;
    Attach(value, value->line);
  }

  void Open(Value::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    CheckTag(mark, tag);
    stack_.push_back(Frame{Make(kind, mark), anchor});
  }

  void Close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    Index(*frame.value);
    if (frame.anchor != YAML::NullAnchor) anchors_[frame.anchor] = frame.value;
    const int line = frame.value->line;
    Attach(std::move(frame.value), line);
  }

  static void Index(Value& mapping) {
    if (mapping.entries.size() <= kSmallMapping) return;
    for (std::size_t i = 0; i < mapping.entries.size(); ++i) mapping.index.emplace(mapping.entries[i].key, i);
  }

  void Attach(std::shared_ptr<const Value> value, int line) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = stack_.back();
    const bool is_key = frame.value->kind == Value::Kind::kMapping && !frame.has_key;
    if (is_key) return TakeKey(frame, *value, line);
    frame.value->size += value->size;
    if (frame.value->size > kMaxNodes) {
      Refuse(name_, line, "too large: more than " + std::to_string(kMaxNodes) + " values, with aliases written out");
    }
    if (frame.value->kind == Value::Kind::kList) {
      frame.value->items.push_back(std::move(value));
    } else {
      frame.value->entries.push_back({std::move(frame.key), frame.key_line, std::move(value)});
      frame.has_key = false;
    }
  }

  void TakeKey(Frame& frame, const Value& value, int line) {
    if (value.kind != Value::Kind::kScalar) Refuse(name_, line, "a key must be a string");
    auto [seen, fresh] = frame.lines.emplace(value.text, line);
    if (!fresh) {
      Refuse(name_, line, "the key `" + value.text + "` stands here twice, first in line " +
                              std::to_string(seen->second));
    }
    frame.has_key = true;
    frame.key = value.text;
    frame.key_line = line;
  }

  const std::string& name_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, std::shared_ptr<const Value>> anchors_;
  std::shared_ptr<const Value> root_ = std::make_shared<Value>();
};

}  // namespace

const Value::Entry* Value::Find(const std::string& key) const {
  if (!index.empty()) {
    const auto found = index.find(key);
    return found == index.end() ? nullptr : &entries[found->second];
  }
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

const char* Value::KindName() const {
  switch (kind) {
    case Kind::kNull: return "nothing";
    case Kind::kScalar: return "a single value";
    case Kind::kList: return "a list";
    case Kind::kMapping: return "a mapping";
  }
  return "something else";
}

std::shared_ptr<const Value> ParseTree(const std::string& text, const std::string& name) {
  std::istringstream in(text);
  Builder first(name);
  try {
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(first)) return first.root();
    Builder second(name);
    if (parser.HandleNextDocument(second)) Refuse(name, second.root()->line, "there is a second document");
  } catch (const YAML::Exception& e) {
    Refuse(name, LineOf(e.mark), e.msg);
  }
  return first.root();
}

}  // namespace wayleave::config
