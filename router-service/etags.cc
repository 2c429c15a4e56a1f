#include "router-service/etags.h"

#include "router-service/decide.h"

namespace wayleave::router {
namespace {

constexpr std::size_t kMostPolicies = 4096;

// With the lengths, so that no name passes for two.
void AddList(const google::protobuf::RepeatedPtrField<std::string>& list, std::string& key) {
  key.append(std::to_string(list.size())).push_back('.');
  for (const std::string& name : list) key.append(std::to_string(name.size())).append(":").append(name);
}

void AddLayer(const auth::v1::Policy& layer, std::string& key) {
  AddList(layer.models(), key);
  AddList(layer.providers(), key);
  AddList(layer.regions(), key);
}

// What of a policy decides which models its holder sees.
std::string KeyOf(const auth::v1::Policy& policy) {
  std::string key;
  AddLayer(policy, key);
  for (const auth::v1::Policy& layer : policy.further()) AddLayer(layer, key);
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
