#include "gateway/cors.h"

#include <algorithm>

namespace wayleave::gateway {

bool Cors::Allows(std::string_view origin) const {
  if (origin.empty()) return false;
  return std::any_of(origins_.begin(), origins_.end(),
                     [&](const std::string& allowed) { return allowed == "*" || allowed == origin; });
}

void Cors::Decorate(const http::Request& request, http::HeaderList& headers) const {
  if (origins_.empty()) return;
  const std::string_view origin = request.headers.Get("origin");
  headers.Add("Vary", "Origin");
  if (!Allows(origin)) return;
  headers.Add("Access-Control-Allow-Origin", http::CleanValue(origin));
  headers.Add("Access-Control-Expose-Headers",
              "x-request-id, x-wayleave-route, x-wayleave-cost-usd, retry-after, etag, openai-processing-ms");
}

std::optional<http::Response> Cors::Preflight(const http::Request& request) const {
  if (request.method != "OPTIONS" || !request.headers.Has("access-control-request-method")) return std::nullopt;
  if (!Allows(request.headers.Get("origin"))) return std::nullopt;
  http::Response response;
  response.status = 204;
  response.headers.Add("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  const std::string_view wanted = request.headers.Get("access-control-request-headers");
  if (!wanted.empty()) response.headers.Add("Access-Control-Allow-Headers", http::CleanValue(wanted));
  response.headers.Add("Access-Control-Max-Age", "600");
  return response;
}

}  // namespace wayleave::gateway
