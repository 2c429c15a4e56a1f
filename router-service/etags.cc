#include "router-service/etags.h"

#include "router-service/decide.h"

namespace wayleave::router {
namespace {

constexpr std::size_t kMostPolicies = 4096;

// What of a policy decides which models its holder sees.
std::string KeyOf(const auth::v1::Policy& policy) {
  std::string key;
  for (const std::string& model : policy.models()) key.append(model).push_back('\n');
  key.push_back('\t');
  for (const std::string& provider : policy.providers()) key.append(provider).push_back('\n');
  return key;
}

}  // namespace

std::string Etags::Of(const auth::v1::Policy& policy, const Snapshot& snapshot) {
  std::string key = KeyOf(policy);
  {
    const std::lock_guard lock(mutex_);
    if (snapshot.id() > snapshot_ || known_.size() >= kMostPolicies) {
      known_.clear();
      snapshot_ = snapshot.id();
    }
    const auto found = known_.find(key);
    if (snapshot.id() == snapshot_ && found != known_.end()) return found->second;
  }
  std::string etag = ModelsEtag(policy, snapshot);
  const std::lock_guard lock(mutex_);
  if (snapshot.id() == snapshot_) known_.insert_or_assign(std::move(key), etag);
  return etag;
}

}  // namespace wayleave::router
