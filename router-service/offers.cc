#include "router-service/offers.h"

#include <algorithm>

namespace wayleave::router {
namespace {

using provider::v1::UpstreamModel;

constexpr int kMaxModels = 5'000;
constexpr std::size_t kMaxName = 256;

bool IsFit(const std::string& name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

std::vector<UpstreamModel> Tidy(const google::protobuf::RepeatedPtrField<UpstreamModel>& offered) {
  std::vector<UpstreamModel> models;
  std::copy_if(offered.begin(), offered.begin() + std::min(offered.size(), kMaxModels), std::back_inserter(models),
               [](const UpstreamModel& model) { return IsFit(model.id()); });
  for (UpstreamModel& model : models) model.set_context_window(std::max<std::int64_t>(model.context_window(), 0));
  std::stable_sort(models.begin(), models.end(),
                   [](const UpstreamModel& a, const UpstreamModel& b) { return a.id() < b.id(); });
  const auto same = [](const UpstreamModel& a, const UpstreamModel& b) { return a.id() == b.id(); };
  models.erase(std::unique(models.begin(), models.end(), same), models.end());
  return models;
}

}  // namespace

Discovered Merge(const Discovered& known, const provider::v1::ListModelsResponse& offers) {
  Discovered merged;
  for (const auto& offer : offers.providers()) {
    if (!IsFit(offer.provider())) continue;
    std::vector<UpstreamModel>& models = merged[offer.provider()];
    const auto before = known.find(offer.provider());
    if (offer.problem().empty()) {
      models = Tidy(offer.models());
    } else if (before != known.end()) {
      models = before->second;
    }
  }
  return merged;
}

bool Same(const Discovered& a, const Discovered& b) {
  const auto same_model = [](const UpstreamModel& x, const UpstreamModel& y) {
    return x.SerializeAsString() == y.SerializeAsString();
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const auto& x, const auto& y) {
    return x.first == y.first &&
           std::equal(x.second.begin(), x.second.end(), y.second.begin(), y.second.end(), same_model);
  });
}

}  // namespace wayleave::router
