#include "deploy/remote_server.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/net/tls.h"

namespace wayleave::deploy {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::size_t kMostBytes = std::size_t{4} << 20;

// Reads what has come of a body that breaks off, too: whoever reads it finds out.
Task<void> AskOnce(const http::Url& url, const http::ClientRequest& request,
                   std::optional<Result<RemoteAnswer>>& into) {
  std::optional<net::TlsContext> tls;
  if (url.tls) tls.emplace();
  const http::Origin origin{url.host, url.port, tls ? &*tls : nullptr};
  http::ConnectionPool pool;
  http::Exchange exchange(pool, origin, {kPatience, kPatience, kPatience, kPatience});
  auto head = co_await exchange.Send(request);
  if (!head) {
    into.emplace(head.error());
    co_return;
  }
  RemoteAnswer answer{head->status, {}};
  while (answer.body.size() < kMostBytes) {
    const auto state = co_await exchange.ReadBody(answer.body);
    if (!state || *state == http::Exchange::Body::kEnd) break;
  }
  into.emplace(std::move(answer));
}

Result<std::string> ReadKey(const std::string& file) {
  if (file.empty()) {
    const char* key = std::getenv("WAYLEAVE_ADMIN_KEY");
    return std::string(key ? key : "");
  }
  std::ifstream in(file);
  std::string key;
  if (!std::getline(in, key)) {
    return Error{Code::kInvalidArgument, "--key-file: " + file + " can't be read, or is empty"};
  }
  while (key.ends_with('\r') || key.ends_with(' ')) key.pop_back();
  return key;
}

}  // namespace

Result<std::unique_ptr<RemoteServer>> RemoteServer::At(const std::string& url, const char* argument,
                                                       const std::string& key) {
  Result<http::Url> place = http::ParseUrl(url);
  if (!place) return Error{Code::kInvalidArgument, std::string(argument) + ": " + place.error().message};
  http::ClientHeaders headers{{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  if (!key.empty()) headers.emplace_back("Authorization", "Bearer " + key);
  return std::unique_ptr<RemoteServer>(new RemoteServer(*std::move(place), std::move(headers)));
}

Result<RemoteAnswer> RemoteServer::Ask(std::string_view method, const std::string& path, const std::string& body) {
  const std::string target = url_.path + path;
  const std::vector<std::string_view> parts{body};
  const http::ClientRequest request{method, target, &headers_, &parts};
  std::optional<Result<RemoteAnswer>> answer;
  RunOn(workers_[0], [&] { return AskOnce(url_, request, answer); });
  return *std::move(answer);
}

Result<std::string> RemoteServer::Get(const std::string& path) {
  Result<RemoteAnswer> answer = Ask("GET", path);
  if (!answer) return std::move(answer).error();
  if (answer->status == 200) return std::move(answer->body);
  const std::string words = MessageInBody(answer->body);
  return Error{Code::kUnknown, words.empty() ? NotAGateway(answer->status) : words};
}

Result<std::unique_ptr<RemoteServer>> AdminServerAt(const std::string& url, const std::string& key_file) {
  const Result<std::string> key = ReadKey(key_file);
  if (!key) return key.error();
  if (!key->empty()) return RemoteServer::At(url, "--url", *key);
  return Error{Code::kInvalidArgument,
               "a key is needed: set WAYLEAVE_ADMIN_KEY, or name a file by --key-file; `wayleave key create --scope "
               "admin:read` makes one"};
}

std::string NotAGateway(int status) {
  return "the server answered with status " + std::to_string(status) +
         ": is --url the address of a gateway's admin port?";
}

std::string MessageInBody(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("error") || !json["error"].is_object()) return {};
  const auto message = json["error"].find("message");
  return message != json["error"].end() && message->is_string() ? message->get<std::string>() : "";
}

}  // namespace wayleave::deploy
