#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/http/request.h"
#include "base/metrics/registry.h"
#include "gateway/envelope.h"
#include "gateway/redaction/request.h"
#include "gateway/redaction/restore.h"

namespace wayleave::gateway {

// What is kept from providers, by tenant. Any thread. The registry must outlive it.
class RedactionRules {
 public:
  // `by_tenant` goes over `otherwise`.
  RedactionRules(const std::map<std::string, RedactionPolicy>& by_tenant, const RedactionPolicy& otherwise,
                 metrics::Registry& registry);
  // Requests that have begun keep what they began with.
  void Replace(const std::map<std::string, RedactionPolicy>& by_tenant, const RedactionPolicy& otherwise);

  // nullptr: nothing is.
  std::shared_ptr<const CompiledPolicy> For(const std::string& tenant) const;
  // So often something was taken out of a request.
  void Count(const CompiledPolicy& policy, const std::vector<std::size_t>& counts) const;

 private:
  using Policy = std::shared_ptr<const CompiledPolicy>;

  mutable std::mutex mutex_;
  std::map<std::string, Policy> by_tenant_;
  Policy otherwise_;
  const metrics::Family<prometheus::Counter> redactions_;
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
