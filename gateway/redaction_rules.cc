#include "gateway/redaction_rules.h"

#include <utility>

namespace wayleave::gateway {

namespace {

std::shared_ptr<const CompiledPolicy> Compiled(const RedactionPolicy& policy) {
  return policy.enabled() ? std::make_shared<const CompiledPolicy>(policy) : nullptr;
}

}  // namespace

RedactionRules::RedactionRules(const std::map<std::string, RedactionPolicy>& by_tenant, const RedactionPolicy& otherwise,
                               metrics::Registry& registry)
    : redactions_(registry.Counters("wayleave_gateway_redactions_total", "What was taken out of requests, by kind.",
                                    {"kind"})) {
  Replace(by_tenant, otherwise);
}

void RedactionRules::Replace(const std::map<std::string, RedactionPolicy>& by_tenant, const RedactionPolicy& otherwise) {
  std::map<std::string, Policy> compiled;
  for (const auto& [tenant, policy] : by_tenant) compiled.emplace(tenant, Compiled(policy));
  Policy rest = Compiled(otherwise);
  std::lock_guard lock(mutex_);
  by_tenant_ = std::move(compiled);
  otherwise_ = std::move(rest);
}

std::shared_ptr<const CompiledPolicy> RedactionRules::For(const std::string& tenant) const {
  std::lock_guard lock(mutex_);
  const auto own = by_tenant_.find(tenant);
  return own == by_tenant_.end() ? otherwise_ : own->second;
}

void RedactionRules::Count(const CompiledPolicy& policy, const std::vector<std::size_t>& counts) const {
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    if (counts[kind] == 0) continue;
    redactions_.With({policy.Label(static_cast<Kind>(kind))}).Increment(static_cast<double>(counts[kind]));
  }
}

void Protection::Apply(const RedactionRules& rules, const std::string& tenant, http::Request& request,
                       Envelope& envelope) {
  const auto policy = rules.For(tenant);
  if (!policy) return;
  Redacted redacted = Redact(std::move(request.body), {envelope.model_offset, envelope.model_length}, *policy);
  request.body = std::move(redacted.body);
  envelope.model_offset = redacted.model_offset;
  envelope.model_length = redacted.model_length;
  rules.Count(*policy, redacted.counts);
  placeholders_ = std::move(redacted.placeholders);
  if (policy->policy().restore && !placeholders_.empty()) restorer_.emplace(placeholders_);
}

}  // namespace wayleave::gateway
