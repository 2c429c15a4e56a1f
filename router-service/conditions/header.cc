#include <algorithm>
#include <cctype>

#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"
#include "router-service/conditions/patterns.h"

namespace wayleave::router {
namespace {

struct Wanted {
  std::string name;
  std::size_t index = 0;
  Patterns value;
};

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

class Header final : public Condition {
 public:
  explicit Header(std::vector<Wanted> wanted) : wanted_(std::move(wanted)) {}

  bool Holds(const Inquiry& inquiry) const override {
    return std::all_of(wanted_.begin(), wanted_.end(), [&](const Wanted& one) { return Fits(one, inquiry); });
  }
  std::vector<Mark> Marks() const override { return MarksOf("header", wanted_.front().name, wanted_.front().value); }
  std::string Wants() const override {
    std::string words;
    for (const Wanted& one : wanted_) words += (words.empty() ? "" : " and ") + Words(one);
    return words;
  }
  // Values of headers may be anything, so the request's own are not repeated.
  std::string Found(const Inquiry& inquiry) const override {
    std::string words;
    for (const Wanted& one : wanted_) {
      if (Fits(one, inquiry)) continue;
      words += (words.empty() ? "" : " and ") + one.name + (inquiry.Header(one.index) ? " is another" : " is not there");
    }
    return words;
  }

 private:
  static bool Fits(const Wanted& one, const Inquiry& inquiry) {
    const std::string* value = inquiry.Header(one.index);
    return value && one.value.Match(*value);
  }
  static std::string Words(const Wanted& one) { return "the header " + one.name + " " + one.value.Words(); }

  const std::vector<Wanted> wanted_;
};

}  // namespace

// `header: {x-team: "lab*"}`: all of the headers named, each with one of its values.
std::shared_ptr<const Condition> ReadHeader(config::Section& when, const std::string&, Shared& shared) {
  if (!when.Has("header")) return nullptr;
  config::Section section = when.Child("header");
  std::vector<Wanted> wanted;
  for (const std::string& key : section.Keys()) {
    const std::string name = Lower(key);
    wanted.push_back({name, shared.HeaderIndex(name), Patterns::Read(section, key.c_str())});
  }
  if (wanted.empty()) when.Fail("header", "needs at least one header, written name: value");
  return std::make_shared<Header>(std::move(wanted));
}

}  // namespace wayleave::router
