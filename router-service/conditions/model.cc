#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"
#include "router-service/conditions/patterns.h"

namespace wayleave::router {
namespace {

class Model final : public Condition {
 public:
  explicit Model(Patterns patterns) : patterns_(std::move(patterns)) {}

  bool Holds(const Inquiry& inquiry) const override { return patterns_.Match(inquiry.model()); }
  std::vector<Mark> Marks() const override { return ModelMarks(patterns_); }
  std::string Wants() const override { return "the model " + patterns_.Words(); }
  std::string Found(const Inquiry& inquiry) const override {
    return inquiry.model().empty() ? "the request names none" : "it is " + Quoted(inquiry.model());
  }

 private:
  const Patterns patterns_;
};

}  // namespace

// `model: "gpt-*"`: the model as the client named it, or the default if it named none.
std::shared_ptr<const Condition> ReadModelCondition(config::Section& when, const std::string&, Shared&) {
  if (!when.Has("model")) return nullptr;
  return std::make_shared<Model>(Patterns::Read(when, "model"));
}

}  // namespace wayleave::router
