#include "auth-service/identity/jwks_fetch.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "auth-service/identity/jwks.h"
#include "base/version.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;

constexpr http::ClientTimeouts kTimeouts{.connect = 5s, .first_byte = 5s, .idle = 5s, .total = 10s};

Error Unreachable(std::string problem) { return Error{Code::kUnavailable, std::move(problem), "unreachable"}; }
Error TooLarge() { return Error{Code::kInvalidArgument, "the key set is larger than 256 KiB", "malformed"}; }

}  // namespace

JwksFetch::JwksFetch(const IssuerConfig& issuer) : file_(issuer.jwks_file) {
  if (is_file()) return;
  Result<JwksUrl> url = ParseJwksUrl(issuer.jwks_url);
  if (!url) throw std::runtime_error("the jwks_url of " + issuer.name + " " + url.error().message);
  if (url->server.tls) tls_.emplace(issuer.ca_file);
  target_ = url->target;
  origin_ = {url->server.host, url->server.port, tls_ ? &*tls_ : nullptr};
}

Task<Result<std::string>> JwksFetch::Read() {
  if (is_file()) co_return ReadFile();
  co_return co_await ReadUrl();
}

void JwksFetch::Cancel() {
  if (exchange_) exchange_->Cancel();
}

Result<std::string> JwksFetch::ReadFile() const {
  std::error_code error;
  // Anything else could block, a pipe for one.
  if (!std::filesystem::is_regular_file(file_, error)) return Unreachable("the file is not there, or is no file");
  std::ifstream in(file_, std::ios::binary);
  std::string text(kMaxJwksBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in && !in.eof())) return Unreachable("the file can't be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxJwksBytes) return TooLarge();
  return text;
}

Task<Result<std::string>> JwksFetch::ReadUrl() {
  // A connection for every time: the next one is minutes away.
  http::ConnectionPool pool;
  http::Exchange exchange(pool, origin_, kTimeouts);
  exchange_ = &exchange;
  Result<std::string> body = co_await ReadBody(exchange);
  exchange_ = nullptr;
  co_return body;
}

Task<Result<std::string>> JwksFetch::ReadBody(http::Exchange& exchange) {
  const http::ClientHeaders headers{{"Accept", "application/jwk-set+json, application/json"},
                                    {"User-Agent", std::string("wayleave/") + kVersion},
                                    {"Connection", "close"}};
  const http::ClientRequest request{"GET", target_, &headers};
  Result<http::ResponseHead> head = co_await exchange.Send(request);
  if (!head) co_return Unreachable(head.error().message);
  if (head->status != 200) {
    co_return Error{Code::kUnavailable, "the answer had the status " + std::to_string(head->status), "refused"};
  }
  std::string body;
  for (;;) {
    Result<http::Exchange::Body> read = co_await exchange.ReadBody(body);
    if (!read) co_return Unreachable(read.error().message);
    if (body.size() > kMaxJwksBytes) co_return TooLarge();
    if (*read == http::Exchange::Body::kEnd) co_return body;
  }
}

}  // namespace wayleave::auth
