#include <cstdio>

#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"

namespace wayleave::router {
namespace {

std::string Usd(std::int64_t nano_usd) {
  char text[48];
  std::snprintf(text, sizeof text, "%.6g USD", static_cast<double>(nano_usd) / 1e9);
  return text;
}

class CostAbove final : public Condition {
 public:
  explicit CostAbove(std::int64_t nano_usd) : nano_usd_(nano_usd) {}

  bool Holds(const Inquiry& inquiry) const override {
    const auto cost = inquiry.MostCost();
    return cost && *cost > nano_usd_;
  }
  std::string Wants() const override { return "a request that may cost more than " + Usd(nano_usd_); }
  std::string Found(const Inquiry& inquiry) const override {
    const auto cost = inquiry.MostCost();
    return cost ? "this one costs at most " + Usd(*cost) : "no price is known for its model";
  }

 private:
  const std::int64_t nano_usd_;
};

}  // namespace

// `cost_above: 0.50`: in US dollars, what the request may cost at the dearest target of the model that it names.
std::shared_ptr<const Condition> ReadCostAbove(config::Section& when, const std::string&, Shared&) {
  if (!when.Has("cost_above")) return nullptr;
  std::int64_t nano_usd = 0;
  when.ReadUsd("cost_above", nano_usd);
  if (nano_usd < 0) when.Fail("cost_above", "must not be negative");
  return std::make_shared<CostAbove>(nano_usd);
}

}  // namespace wayleave::router
