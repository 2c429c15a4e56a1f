#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"
#include "router-service/conditions/patterns.h"

namespace wayleave::router {
namespace {

class Tenant final : public Condition {
 public:
  explicit Tenant(Patterns patterns) : patterns_(std::move(patterns)) {}

  bool Holds(const Inquiry& inquiry) const override { return patterns_.Match(inquiry.principal().tenant()); }
  std::vector<Mark> Marks() const override { return MarksOf("tenant", patterns_); }
  std::string Wants() const override { return "the tenant " + patterns_.Words(); }
  std::string Found(const Inquiry& inquiry) const override { return "it is " + Quoted(inquiry.principal().tenant()); }

 private:
  const Patterns patterns_;
};

}  // namespace

// `tenant: research`.
std::shared_ptr<const Condition> ReadTenant(config::Section& when, const std::string&, Shared&) {
  if (!when.Has("tenant")) return nullptr;
  return std::make_shared<Tenant>(Patterns::Read(when, "tenant"));
}

}  // namespace wayleave::router
