#include "base/rpc/call_facts.h"

#include <iterator>
#include <map>
#include <string_view>

#include "base/rpc/wire.h"

namespace wayleave::rpc::detail {
namespace {

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

// Empty if it is not there, or more than once.
std::string_view OnlyOne(const Metadata& metadata, const char* key) {
  const auto [first, last] = metadata.equal_range(key);
  if (first == last || std::next(first) != last) return {};
  return {first->second.data(), first->second.size()};
}

bool IsText(std::string_view name) { return !name.ends_with("-bin") && !name.starts_with("grpc-"); }

}  // namespace

CallContext ContextOf(const grpc::ServerContext& from) {
  CallContext context;
  const auto& metadata = from.client_metadata();
  if (auto it = metadata.find(kRequestIdKey); it != metadata.end())
    context.request_id.assign(it->second.data(), it->second.size());
  context.trace = trace::Parse(OnlyOne(metadata, kTraceparentKey), OnlyOne(metadata, kTracestateKey));
  context.deadline = from.deadline();
  return context;
}

std::vector<std::pair<std::string, std::string>> TextMetadata(const grpc::ServerContext& from) {
  std::vector<std::pair<std::string, std::string>> text;
  for (const auto& [name, value] : from.client_metadata()) {
    const std::string_view word(name.data(), name.size());
    if (IsText(word)) text.emplace_back(word, std::string(value.data(), value.size()));
  }
  return text;
}

std::string AddressOf(std::string peer) {
  const bool v4 = peer.starts_with("ipv4:");
  if (!v4 && !peer.starts_with("ipv6:")) return peer;
  const auto port = peer.rfind(':');
  std::string address = peer.substr(5, port < 5 ? 0 : port - 5);
  for (const std::string_view bracket : {"%5B", "%5D", "[", "]"}) {
    if (const auto at = address.find(bracket); at != std::string::npos) address.erase(at, bracket.size());
  }
  return address;
}

}  // namespace wayleave::rpc::detail
