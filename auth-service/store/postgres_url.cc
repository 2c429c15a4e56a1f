#include "auth-service/store/postgres_url.h"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

#include "auth-service/store/postgres.h"

namespace wayleave::auth {
namespace {

struct Free {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption[], Free>;

Options Parse(const std::string& url) {
  char* words = nullptr;
  Options options(PQconninfoParse(url.c_str(), &words));
  PQfreemem(words);
  return options;
}

std::string_view Value(const Options& options, std::string_view name) {
  for (const PQconninfoOption* option = options.get(); option && option->keyword; ++option) {
    if (name == option->keyword && option->val) return option->val;
  }
  return {};
}

bool HasAt(std::string_view text) { return text.find('@') != std::string_view::npos; }

}  // namespace

Status CheckPostgresUrl(const std::string& url) {
  const Options options = IsPostgres(url) ? Parse(url) : nullptr;
  const bool clear = options && Value(options, "port").find_first_not_of("0123456789,") == std::string_view::npos &&
                     !HasAt(Value(options, "host")) && !HasAt(Value(options, "dbname"));
  if (clear) return {};
  return Error{
      Code::kInvalidArgument,
      "this is no URL of a PostgreSQL database: write postgres://user:password@host:5432/name, with %40 for an @ "
      "in the password, %2F for a / and %25 for a %"};
}

std::string WithoutPassword(std::string text, const std::string& url) {
  const Options options = Parse(url);
  for (const char* name : {"password", "sslpassword"}) {
    const std::string_view secret = Value(options, name);
    if (secret.empty()) continue;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

}  // namespace wayleave::auth
