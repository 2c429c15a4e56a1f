#include "router-service/prices.h"

#include <algorithm>

namespace wayleave::router {

const v1::Price* PriceAt(const PriceConfig& entry, std::chrono::system_clock::time_point at) {
  const auto later = std::upper_bound(entry.dated.begin(), entry.dated.end(), at,
                                      [](const auto& time, const DatedPrice& price) { return time < price.from; });
  return later == entry.dated.begin() ? nullptr : &std::prev(later)->price;
}

double MostCost(const v1::Price& price, const v1::RouteRequest& request) {
  const std::int64_t output = request.max_output_tokens() > 0 ? request.max_output_tokens() : kUsualOutputTokens;
  const std::int64_t of_output = std::max(price.output(), price.reasoning());
  const double tokens = static_cast<double>(request.input_tokens()) * static_cast<double>(price.input()) +
                        static_cast<double>(output) * static_cast<double>(of_output);
  const double image = request.needs().images() ? static_cast<double>(price.image()) : 0;
  return tokens / 1e6 + static_cast<double>(price.request()) + image;
}

}  // namespace wayleave::router
