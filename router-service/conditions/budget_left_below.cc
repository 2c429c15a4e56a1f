#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"
#include "router-service/conditions/shares.h"

namespace wayleave::router {
namespace {

class BudgetLeftBelow final : public Condition {
 public:
  explicit BudgetLeftBelow(double percent) : percent_(percent) {}

  // Who has no budget can't have used it up.
  bool Holds(const Inquiry& inquiry) const override {
    return inquiry.principal().has_budget_left() && inquiry.principal().budget_left() * 100 < percent_;
  }
  std::vector<Mark> Marks() const override { return {MarkOf("budget", "")}; }
  std::string Wants() const override { return "less than " + PercentWords(percent_) + " of the budget left"; }
  std::string Found(const Inquiry& inquiry) const override {
    if (!inquiry.principal().has_budget_left()) return "there is no budget";
    return PercentWords(inquiry.principal().budget_left() * 100) + " is left";
  }

 private:
  const double percent_;
};

}  // namespace

// `budget_left_below: 20%`: of the budget that has least left.
std::shared_ptr<const Condition> ReadBudgetLeftBelow(config::Section& when, const std::string&, Shared&) {
  if (!when.Has("budget_left_below")) return nullptr;
  return std::make_shared<BudgetLeftBelow>(ReadPercentage(when, "budget_left_below"));
}

}  // namespace wayleave::router
