#include <cmath>

#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"
#include "router-service/conditions/shares.h"
#include "router-service/hash.h"

namespace wayleave::router {
namespace {

class Percent final : public Condition {
 public:
  // The route's name is the salt: two canaries draw different people.
  Percent(double percent, const std::string& route) : percent_(percent), salt_(Hash(route)) {}

  bool Holds(const Inquiry& inquiry) const override {
    const auto lot = inquiry.Lot();
    return lot && Drawn(*lot) < percent_;
  }
  std::string Wants() const override { return PercentWords(percent_) + " of the sessions"; }
  std::string Found(const Inquiry& inquiry) const override {
    return inquiry.Lot() ? "this one is not drawn" : "the request has no session, key or user to draw by";
  }

 private:
  // Between 0 and 100, exclusive, with 53 bits.
  double Drawn(std::uint64_t lot) const { return std::ldexp(static_cast<double>(Spread(lot ^ salt_) >> 11), -53) * 100; }

  const double percent_;
  const std::uint64_t salt_;
};

}  // namespace

// `percent: 10`: so many of the sessions, else of the keys, else of the users; always the same ones, everywhere.
std::shared_ptr<const Condition> ReadPercent(config::Section& when, const std::string& route, Shared&) {
  if (!when.Has("percent")) return nullptr;
  return std::make_shared<Percent>(ReadPercentage(when, "percent"), route);
}

}  // namespace wayleave::router
