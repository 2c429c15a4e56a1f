#include "gateway/limits/policy_check.h"

#include <algorithm>

#include "base/net/network.h"

namespace wayleave::gateway {
namespace {

Error Forbidden(std::string message, std::string reason) {
  return Error{Code::kPermissionDenied, std::move(message), std::move(reason), {}};
}

std::string Listed(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

bool IsAllowedFrom(const auth::v1::Policy& policy, const std::string& address) {
  return std::any_of(policy.addresses().begin(), policy.addresses().end(), [&](const std::string& text) {
    const auto network = net::Network::Parse(text);
    return network && network->Contains(address);
  });
}

Status CheckLayer(const auth::v1::Policy& policy, std::string_view endpoint, const std::string& address) {
  const auto& endpoints = policy.endpoints();
  if (!endpoints.empty() && std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end()) {
    return Forbidden("This key may not use the endpoint " + std::string(endpoint) + ". It may use: " + Listed(endpoints) + ".",
                     "endpoint_not_allowed");
  }
  // Where it may be used from is told to operators only: who stole a key need not learn it.
  if (!policy.addresses().empty() && !IsAllowedFrom(policy, address)) {
    return Forbidden("This key may not be used from this address. Whoever runs the gateway can allow it.",
                     "address_not_allowed");
  }
  return {};
}

}  // namespace

Status CheckPolicy(const auth::v1::Policy& policy, std::string_view endpoint, const std::string& address) {
  if (Status checked = CheckLayer(policy, endpoint, address); !checked) return checked;
  for (const auth::v1::Policy& layer : policy.further()) {
    if (Status checked = CheckLayer(layer, endpoint, address); !checked) return checked;
  }
  return {};
}

}  // namespace wayleave::gateway
