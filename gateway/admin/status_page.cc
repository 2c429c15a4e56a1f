#include "gateway/admin/status_page.h"

#include <string>
#include <string_view>

#include "base/crypto/digest.h"
#include "base/crypto/encoding.h"
#include "gateway/admin/status_files.h"

namespace wayleave::gateway {
namespace {

std::string HashOf(std::string_view text) {
  return "'sha256-" + crypto::Base64(crypto::AsView(crypto::Sha256(text))) + "'";
}

void Replace(std::string& text, std::string_view what, std::string_view with) {
  text.replace(text.find(what), what.size(), with);
}

std::string Document() {
  std::string text = kStatusHtml;
  Replace(text, "/*style*/", kStatusCss);
  Replace(text, "/*script*/", kStatusJs);
  return text;
}

std::string Policy() {
  return "default-src 'none'; style-src " + HashOf(kStatusCss) + "; script-src " + HashOf(kStatusJs) +
         "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
         "require-trusted-types-for 'script'";
}

}  // namespace

bool IsStatusPage(const http::Request& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return reads && (request.path() == "/admin/" || request.path() == "/admin/status");
}

http::Response StatusPage() {
  static const std::string document = Document();
  static const std::string policy = Policy();
  http::Response response;
  response.headers.Add("Content-Type", "text/html; charset=utf-8");
  response.headers.Add("Content-Security-Policy", policy);
  response.headers.Add("Referrer-Policy", "no-referrer");
  response.headers.Add("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.Add("Cross-Origin-Resource-Policy", "same-origin");
  response.body = document;
  return response;
}

}  // namespace wayleave::gateway
