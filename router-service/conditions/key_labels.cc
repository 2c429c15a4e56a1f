#include <algorithm>

#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"
#include "router-service/conditions/patterns.h"

namespace wayleave::router {
namespace {

struct Label {
  std::string name;
  Patterns value;
};

class KeyLabels final : public Condition {
 public:
  explicit KeyLabels(std::vector<Label> labels) : labels_(std::move(labels)) {}

  bool Holds(const Inquiry& inquiry) const override {
    return std::all_of(labels_.begin(), labels_.end(), [&](const Label& label) { return Fits(label, inquiry); });
  }
  std::vector<Mark> Marks() const override { return MarksOf("key", labels_.front().name, labels_.front().value); }
  std::string Wants() const override {
    std::string words;
    for (const Label& label : labels_) {
      words += (words.empty() ? "" : " and ") + ("the key's label " + label.name + " " + label.value.Words());
    }
    return words;
  }
  std::string Found(const Inquiry& inquiry) const override {
    std::string words;
    for (const Label& label : labels_) {
      if (Fits(label, inquiry)) continue;
      const auto& labels = inquiry.principal().labels();
      const auto found = labels.find(label.name);
      words += (words.empty() ? "" : " and ") + label.name +
               (found == labels.end() ? " is not there" : " is " + Quoted(found->second));
    }
    return words;
  }

 private:
  static bool Fits(const Label& label, const Inquiry& inquiry) {
    const auto& labels = inquiry.principal().labels();
    const auto found = labels.find(label.name);
    return found != labels.end() && label.value.Match(found->second);
  }

  const std::vector<Label> labels_;
};

}  // namespace

// `key: {team: blue}`: all of the labels named, each with one of its values.
std::shared_ptr<const Condition> ReadKeyLabels(config::Section& when, const std::string&, Shared&) {
  if (!when.Has("key")) return nullptr;
  config::Section section = when.Child("key");
  std::vector<Label> labels;
  for (const std::string& name : section.Keys()) labels.push_back({name, Patterns::Read(section, name.c_str())});
  if (labels.empty()) when.Fail("key", "needs at least one label, written name: value");
  return std::make_shared<KeyLabels>(std::move(labels));
}

}  // namespace wayleave::router
