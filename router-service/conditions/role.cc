#include <algorithm>

#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"
#include "router-service/conditions/patterns.h"

namespace wayleave::router {
namespace {

class Role final : public Condition {
 public:
  explicit Role(Patterns patterns) : patterns_(std::move(patterns)) {}

  bool Holds(const Inquiry& inquiry) const override {
    const auto& roles = inquiry.principal().roles();
    return std::any_of(roles.begin(), roles.end(), [&](const std::string& role) { return patterns_.Match(role); });
  }
  std::vector<Mark> Marks() const override { return MarksOf("role", patterns_); }
  std::string Wants() const override { return "the role " + patterns_.Words(); }
  std::string Found(const Inquiry& inquiry) const override {
    std::string words;
    for (const std::string& role : inquiry.principal().roles()) words += (words.empty() ? "" : ", ") + Quoted(role);
    return words.empty() ? "the key has none" : "the key has " + words;
  }

 private:
  const Patterns patterns_;
};

}  // namespace

// `role: intern`: one of the key's roles.
std::shared_ptr<const Condition> ReadRole(config::Section& when, const std::string&, Shared&) {
  if (!when.Has("role")) return nullptr;
  return std::make_shared<Role>(Patterns::Read(when, "role"));
}

}  // namespace wayleave::router
