#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/http/request.h"
#include "base/metrics/registry.h"
#include "gateway/envelope.h"
#include "gateway/redaction/request.h"
#include "gateway/redaction/restore.h"

namespace wayleave::gateway {

// What is kept from providers, by tenant. Read at the start; afterwards any thread may look. The registry must outlive it.
class RedactionRules {
 public:
  // `by_tenant` goes over `otherwise`.
  RedactionRules(const std::map<std::string, RedactionPolicy>& by_tenant, const RedactionPolicy& otherwise,
                 metrics::Registry& registry);

  // nullptr: nothing is.
  const CompiledPolicy* For(const std::string& tenant) const;
  // So often something was taken out of a request.
  void Count(const CompiledPolicy& policy, const std::vector<std::size_t>& counts) const;

 private:
  std::map<std::string, CompiledPolicy> by_tenant_;
  std::optional<CompiledPolicy> otherwise_;
  metrics::Registry& registry_;
};

// The protection of one request and its answer. Belongs to a generation and its worker; the rules outlive it.
class Protection {
 public:
  // Takes out of the body what the tenant's policy keeps back, and moves the place of the model's name along.
  void Apply(const RedactionRules& rules, const std::string& tenant, http::Request& request, Envelope& envelope);

  // Whether the answer goes through here.
  bool restores() const { return restorer_.has_value(); }
  std::string Document(const std::string& json) const { return restorer_->Document(json); }
  std::string Feed(std::string_view events) { return restorer_->Feed(events); }
  std::string End() { return restorer_->End(); }

 private:
  Placeholders placeholders_;
  std::optional<Restorer> restorer_;
};

}  // namespace wayleave::gateway
