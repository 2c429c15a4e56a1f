#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"
#include "router-service/conditions/patterns.h"

namespace wayleave::router {
namespace {

class User final : public Condition {
 public:
  explicit User(Patterns patterns) : patterns_(std::move(patterns)) {}

  // A key of nobody has no user that `*` could stand for.
  bool Holds(const Inquiry& inquiry) const override {
    const std::string& user = inquiry.principal().user();
    return !user.empty() && patterns_.Match(user);
  }
  std::vector<Mark> Marks() const override { return MarksOf("user", patterns_); }
  std::string Wants() const override { return "the user " + patterns_.Words(); }
  std::string Found(const Inquiry& inquiry) const override {
    const std::string& user = inquiry.principal().user();
    return user.empty() ? "the key belongs to nobody" : "it is " + Quoted(user);
  }

 private:
  const Patterns patterns_;
};

}  // namespace

// `user: "ann*"`.
std::shared_ptr<const Condition> ReadUser(config::Section& when, const std::string&, Shared&) {
  if (!when.Has("user")) return nullptr;
  return std::make_shared<User>(Patterns::Read(when, "user"));
}

}  // namespace wayleave::router
