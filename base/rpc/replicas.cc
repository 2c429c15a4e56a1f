#include "base/rpc/replicas.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string_view>

#include "base/async/deadline.h"
#include "base/async/event.h"
#include "base/async/worker.h"

namespace wayleave::rpc {
namespace {

using boost::asio::ip::tcp;

std::vector<std::string> List(const std::string& scheme, std::string_view rest) {
  std::vector<std::string> names;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (comma > 0) names.push_back(scheme + std::string(rest.substr(0, comma)));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return names;
}

bool IsAddress(const std::string& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

// Behind "dns:" there may be a name server, "dns://1.1.1.1/auth:8791"; the system's is asked all the same.
std::string WithoutScheme(const std::string& target) {
  if (!target.starts_with("dns:")) return target;
  const std::string rest = target.substr(4);
  if (!rest.starts_with("//")) return rest;
  const std::size_t slash = rest.find('/', 2);
  return slash == std::string::npos ? "" : rest.substr(slash + 1);
}

// Shared with the resolver's handler: getaddrinfo can't be stopped, so whoever gives up leaves it behind.
struct Resolution {
  explicit Resolution(boost::asio::io_context& io) : resolver(io) {}
  tcp::resolver resolver;
  Event changed;
  bool abandoned = false;
  bool done = false;
  boost::system::error_code error;
  std::vector<tcp::endpoint> found;
};

std::vector<std::string> NamesOf(const std::vector<tcp::endpoint>& found) {
  const bool v4 = std::any_of(found.begin(), found.end(), [](const auto& e) { return e.address().is_v4(); });
  std::vector<std::string> names;
  for (const tcp::endpoint& endpoint : found) {
    const std::string port = std::to_string(endpoint.port());
    const std::string address = endpoint.address().to_string();
    if (endpoint.address().is_v4()) names.push_back("ipv4:" + address + ":" + port);
    if (endpoint.address().is_v6() && !v4) names.push_back("ipv6:[" + address + "]:" + port);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void Begin(const std::shared_ptr<Resolution>& resolution, const std::string& host, const std::string& port) {
  resolution->resolver.async_resolve(
      host, port, [resolution](boost::system::error_code error, const tcp::resolver::results_type& results) {
        if (resolution->abandoned) return;
        resolution->done = true;
        resolution->error = error;
        for (const auto& entry : results) resolution->found.push_back(entry.endpoint());
        resolution->changed.Set();
      });
}

}  // namespace

ReplicaNames ParseReplicas(const std::string& target) {
  for (const char* scheme : {"ipv4:", "ipv6:"}) {
    if (target.starts_with(scheme)) return {List(scheme, std::string_view(target).substr(5))};
  }
  const std::string name = WithoutScheme(target);
  const std::size_t colon = name.rfind(':');
  const bool named = colon != std::string::npos && colon > 0 && colon + 1 < name.size() &&
                     name.find_first_of(":/[") == colon && !IsAddress(name.substr(0, colon)) &&
                     std::all_of(name.begin() + static_cast<std::ptrdiff_t>(colon) + 1, name.end(),
                                 [](char c) { return c >= '0' && c <= '9'; });
  if (!named) return {{target}};
  return {{}, name.substr(0, colon), name.substr(colon + 1)};
}

Task<Result<std::vector<std::string>>> ResolveBySystem(std::string host, std::string port,
                                                       std::chrono::milliseconds timeout) {
  const auto resolution = std::make_shared<Resolution>(Worker::Current()->io());
  Event& changed = resolution->changed;
  Deadline alarm(Worker::Current()->deadlines(), [&changed] { changed.Set(); });
  alarm.Set(timeout);
  Begin(resolution, host, port);
  co_await changed;
  if (!resolution->done) {
    resolution->abandoned = true;
    resolution->resolver.cancel();
    co_return Error{Code::kDeadlineExceeded, "resolving " + host + " took too long", {}, {}};
  }
  if (resolution->error) co_return Error{Code::kUnavailable, host + ": " + resolution->error.message(), {}, {}};
  std::vector<std::string> names = NamesOf(resolution->found);
  if (names.empty()) co_return Error{Code::kUnavailable, host + " has no address", {}, {}};
  co_return names;
}

}  // namespace wayleave::rpc
