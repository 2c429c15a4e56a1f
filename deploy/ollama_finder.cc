#include "deploy/ollama_finder.h"

#include "base/async/worker.h"
#include "base/http/client.h"

namespace wayleave::deploy {
namespace {

constexpr std::chrono::milliseconds kPatience{300};
constexpr int kOllamaPort = 11434;

// GET /api/version (https://github.com/ollama/ollama/blob/main/docs/api.md#version).
Task<void> AskVersion(bool& found) {
  http::ConnectionPool pool;
  http::Origin origin;
  origin.host = "127.0.0.1";
  origin.port = kOllamaPort;
  {
    http::Exchange exchange(pool, origin, {kPatience, kPatience, kPatience, kPatience});
    http::ClientRequest request;
    request.method = "GET";
    request.target = "/api/version";
    auto head = co_await exchange.Send(request);
    std::string body;
    while (head && head->status == 200 && body.size() < 4096) {
      const auto state = co_await exchange.ReadBody(body);
      if (!state || *state == http::Exchange::Body::kEnd) break;
    }
    found = body.find("\"version\"") != std::string::npos;
  }
}

}  // namespace

std::optional<std::string> FindOllama(const std::string& configured) {
  if (!configured.empty()) return configured;
  bool found = false;
  WorkerPool workers(1);
  RunOn(workers[0], [&] { return AskVersion(found); });
  if (!found) return std::nullopt;
  return "http://127.0.0.1:" + std::to_string(kOllamaPort);
}

}  // namespace wayleave::deploy
